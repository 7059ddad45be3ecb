// The right part of the screen: the legend, the stocks, and the graphs of frame time and tasklets.
#pragma once

#include <string>

#include "canvas.hpp"
#include "frame_history.hpp"
#include "world.hpp"

namespace game {

constexpr int panel_width = 280;

struct PanelText {
    std::string budget;   // "2 ms" or "100000 instructions"
    std::string message;  // what has happened last
    std::string error;    // what is wrong in a script, or nothing
};

void draw_panel(Canvas& canvas, const World& world, const FrameHistory& history,
                const PanelText& text);

}  // namespace game
