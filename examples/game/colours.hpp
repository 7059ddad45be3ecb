// Which colour is what: on the map and in the legend.
#pragma once

#include "canvas.hpp"
#include "world.hpp"

namespace game {

constexpr Colour white{235, 235, 230};
constexpr Colour grey{150, 155, 160};
constexpr Colour red{240, 80, 70};

constexpr Colour colour_of(Role role) {
    constexpr Colour colours[] = {{240, 200, 90},  {90, 220, 235}, {110, 150, 255},
                                  {245, 245, 245}, {255, 70, 60},  {150, 110, 120}};
    return colours[static_cast<int>(role)];
}

constexpr Colour colour_of(Goods goods) {
    constexpr Colour colours[] = {{165, 105, 50}, {185, 185, 195}, {160, 230, 90}};
    return colours[static_cast<int>(goods)];
}

}  // namespace game
