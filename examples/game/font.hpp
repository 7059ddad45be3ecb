// A font of 5 by 7 pixels: capitals, digits and some signs. Small letters are written as capitals.
#pragma once

#include <array>
#include <cstdint>

namespace game {

constexpr int glyph_width = 5;
constexpr int glyph_height = 7;

/// The rows of a character from the top; the leftmost pixel is bit 4. A space for those that it has not.
const std::array<uint8_t, glyph_height>& glyph(char character);

}  // namespace game
