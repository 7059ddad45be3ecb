// Images as PNG files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace game {

struct Image {
    uint32_t width;
    uint32_t height;
    std::vector<uint8_t> pixels;  // red, green, blue; row by row from the top
};

/// Throws std::runtime_error.
void write_png(const Image& image, const std::string& path);

}  // namespace game
