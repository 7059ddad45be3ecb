// The left part of the screen: the map, its places, and all agents.
#pragma once

#include "canvas.hpp"
#include "world.hpp"

namespace game {

/// The ground, for Canvas::set_background().
Image paint_ground();
void draw_map(Canvas& canvas, const World& world);

}  // namespace game
