#include "png.hpp"

#include <zlib.h>

#include <fstream>
#include <stdexcept>

namespace game {

namespace {

std::string big_endian(uint32_t number) {
    return {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
            static_cast<char>(number >> 8), static_cast<char>(number)};
}

/// Length, type, data, and the checksum of type and data.
std::string chunk(const std::string& type, const std::string& data) {
    const std::string content = type + data;
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    return big_endian(static_cast<uint32_t>(data.size())) + content +
           big_endian(static_cast<uint32_t>(sum));
}

/// The rows, each after a 0: it is not filtered.
std::string rows_of(const Image& image) {
    std::string rows;
    const size_t row_size = size_t{3} * image.width;
    for (uint32_t y = 0; y < image.height; y++) {
        rows.push_back('\0');
        rows.append(reinterpret_cast<const char*>(&image.pixels[y * row_size]), row_size);
    }
    return rows;
}

std::string compressed(const std::string& data) {
    uLongf size = compressBound(data.size());
    std::string result(size, '\0');
    if (compress(reinterpret_cast<Bytef*>(result.data()), &size,
                 reinterpret_cast<const Bytef*>(data.data()), data.size()) != Z_OK)
        throw std::runtime_error("an image cannot be compressed");
    result.resize(size);
    return result;
}

}  // namespace

void write_png(const Image& image, const std::string& path) {
    // 8 bits a channel, red, green and blue, the only method of compression and of filters, not interlaced.
    const std::string format("\x08\x02\x00\x00\x00", 5);
    std::ofstream file(path, std::ios::binary);
    file << "\x89PNG\r\n\x1a\n"
         << chunk("IHDR", big_endian(image.width) + big_endian(image.height) + format)
         << chunk("IDAT", compressed(rows_of(image))) << chunk("IEND", "");
    if (!file.flush())
        throw std::runtime_error("cannot write " + path);
}

}  // namespace game
