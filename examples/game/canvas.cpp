#include "canvas.hpp"

#include <stdexcept>

#include "font.hpp"

namespace game {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error(std::string(what) + ": " + SDL_GetError());
}

}  // namespace

Canvas::Canvas(const char* title, int width, int height, bool headless)
    : width_(width), height_(height) {
    if (headless) {
        SDL_SetHint(SDL_HINT_VIDEODRIVER, "dummy");
    }
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        fail("SDL does not start");
    if (headless) {
        surface_ = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGBA32);
        renderer_ = surface_ == nullptr ? nullptr : SDL_CreateSoftwareRenderer(surface_);
    } else {
        window_ = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width,
                                   height, SDL_WINDOW_SHOWN);
        renderer_ = window_ == nullptr ? nullptr
                                       : SDL_CreateRenderer(window_, -1, SDL_RENDERER_PRESENTVSYNC);
    }
    if (renderer_ == nullptr)
        fail("there is nothing to draw on");
    SDL_SetRenderDrawBlendMode(renderer_, SDL_BLENDMODE_BLEND);
}

Canvas::~Canvas() {
    if (background_ != nullptr) {
        SDL_DestroyTexture(background_);
    }
    SDL_DestroyRenderer(renderer_);
    SDL_FreeSurface(surface_);
    if (window_ != nullptr) {
        SDL_DestroyWindow(window_);
    }
    SDL_Quit();
}

void Canvas::set_colour(Colour colour) {
    SDL_SetRenderDrawColor(renderer_, colour.red, colour.green, colour.blue, colour.alpha);
}

void Canvas::fill(const SDL_FRect& area, Colour colour) {
    set_colour(colour);
    SDL_RenderFillRectF(renderer_, &area);
}

void Canvas::fill(const std::vector<SDL_FRect>& areas, Colour colour) {
    set_colour(colour);
    SDL_RenderFillRectsF(renderer_, areas.data(), static_cast<int>(areas.size()));
}

void Canvas::line(const std::vector<SDL_FPoint>& points, Colour colour) {
    set_colour(colour);
    SDL_RenderDrawLinesF(renderer_, points.data(), static_cast<int>(points.size()));
}

void Canvas::text(float x, float y, std::string_view text, Colour colour, int scale) {
    std::vector<SDL_FRect> pixels;
    const auto size = static_cast<float>(scale);
    for (char character : text) {
        const auto& rows = glyph(character);
        for (int row = 0; row < glyph_height; row++) {
            for (int column = 0; column < glyph_width; column++) {
                if ((rows[static_cast<size_t>(row)] >> (glyph_width - 1 - column) & 1) != 0) {
                    pixels.push_back({x + static_cast<float>(column) * size,
                                      y + static_cast<float>(row) * size, size, size});
                }
            }
        }
        x += (glyph_width + 1) * size;
    }
    fill(pixels, colour);
}

void Canvas::set_background(const Image& image) {
    background_ = SDL_CreateTexture(renderer_, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_STATIC,
                                    static_cast<int>(image.width), static_cast<int>(image.height));
    if (background_ == nullptr || SDL_UpdateTexture(background_, nullptr, image.pixels.data(),
                                                    static_cast<int>(image.width) * 3) != 0)
        fail("there is no background");
}

void Canvas::draw_background() {
    int width;
    int height;
    SDL_QueryTexture(background_, nullptr, nullptr, &width, &height);
    const SDL_Rect area{0, 0, width, height};
    SDL_RenderCopy(renderer_, background_, nullptr, &area);
}

Image Canvas::read() const {
    Image image{static_cast<uint32_t>(width_), static_cast<uint32_t>(height_), {}};
    image.pixels.resize(size_t{3} * image.width * image.height);
    if (SDL_RenderReadPixels(renderer_, nullptr, SDL_PIXELFORMAT_RGB24, image.pixels.data(),
                             width_ * 3) != 0)
        fail("the screen cannot be read");
    return image;
}

}  // namespace game
