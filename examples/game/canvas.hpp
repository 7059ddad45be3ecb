// A window with SDL's renderer, or without a screen a surface in memory: rectangles, lines, text.
#pragma once

#include <SDL.h>

#include <string>
#include <string_view>
#include <vector>

#include "png.hpp"

namespace game {

struct Colour {
    uint8_t red;
    uint8_t green;
    uint8_t blue;
    uint8_t alpha = 255;
};

class Canvas {
public:
    /// Throws std::runtime_error if there is no such window.
    Canvas(const char* title, int width, int height, bool headless);
    ~Canvas();
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;

    void fill(const SDL_FRect& area, Colour colour);
    void fill(const std::vector<SDL_FRect>& areas, Colour colour);
    void line(const std::vector<SDL_FPoint>& points, Colour colour);
    /// Each pixel of the font is `scale` pixels wide.
    void text(float x, float y, std::string_view text, Colour colour, int scale = 1);
    /// A picture that is painted over all behind it, at (0, 0).
    void set_background(const Image& image);
    void draw_background();

    void present() { SDL_RenderPresent(renderer_); }
    Image read() const;

private:
    void set_colour(Colour colour);

    int width_;
    int height_;
    SDL_Window* window_ = nullptr;
    SDL_Surface* surface_ = nullptr;
    SDL_Renderer* renderer_ = nullptr;
    SDL_Texture* background_ = nullptr;
};

}  // namespace game
