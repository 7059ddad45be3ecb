#include "panel.hpp"

#include <algorithm>
#include <cstdio>

#include "colours.hpp"

namespace game {

namespace {

constexpr float left = map_width + 20;
constexpr float width = panel_width - 40;
constexpr Colour frame_colour{120, 230, 130};
constexpr Colour script_colour{240, 150, 60};
constexpr Colour tasklet_colour{120, 170, 255};

std::string format(const char* pattern, double number) {
    char text[60];
    std::snprintf(text, sizeof text, pattern, number);
    return text;
}

void draw_entry(Canvas& canvas, float y, Colour colour, std::string_view name, int32_t number) {
    canvas.fill(SDL_FRect{left, y, 8, 8}, colour);
    canvas.text(left + 18, y + 1, name, white);
    const std::string digits = std::to_string(number);
    canvas.text(left + width - 6 * static_cast<float>(digits.size()), y + 1, digits, white);
}

float draw_legend(Canvas& canvas, float y, const World& world) {
    canvas.text(left, y, "agents", grey);
    for (int role = 0; role < role_count; role++) {
        y += 16;
        const auto shown = static_cast<Role>(role);
        draw_entry(canvas, y, colour_of(shown), name_of(shown), world.count(shown));
    }
    y += 28;
    canvas.text(left, y, "in the depots", grey);
    for (int goods = 0; goods < goods_count; goods++) {
        y += 16;
        const auto shown = static_cast<Goods>(goods);
        draw_entry(canvas, y, colour_of(shown), name_of(shown), world.total_stock(shown));
    }
    return y + 28;
}

/// A value of each frame as a line, from 0 to `top`.
template <class Get>
void plot(Canvas& canvas, const SDL_FRect& area, const FrameHistory& history, float top,
          Colour colour, Get get) {
    std::vector<SDL_FPoint> points;
    for (const Frame& frame : history.frames()) {
        const float value = std::min(static_cast<float>(get(frame)) / top, 1.0f);
        points.push_back(
            {area.x + static_cast<float>(points.size()) * area.w / FrameHistory::length,
             area.y + area.h - 1 - value * (area.h - 2)});
    }
    canvas.line(points, colour);
}

void draw_grid(Canvas& canvas, const SDL_FRect& area, float top, const char* unit) {
    canvas.fill(area, {14, 16, 20});
    for (int quarter = 0; quarter <= 4; quarter++) {
        const float y = area.y + area.h - static_cast<float>(quarter) * area.h / 4;
        canvas.line({{area.x, y}, {area.x + area.w, y}}, {50, 55, 62});
        if (quarter % 2 == 0) {
            canvas.text(area.x + 3, std::max(y - 9, area.y + 2),
                        format(unit, top * static_cast<float>(quarter) / 4), grey);
        }
    }
}

float draw_times(Canvas& canvas, float y, const FrameHistory& history) {
    const Frame last = history.frames().empty() ? Frame{} : history.frames().back();
    canvas.text(left, y, format("frame %.1f ms", static_cast<double>(last.milliseconds)),
                frame_colour);
    canvas.text(left + 120, y,
                format("scripts %.1f ms", static_cast<double>(last.script_milliseconds)),
                script_colour);
    const SDL_FRect area{left, y + 14, width, 110};
    draw_grid(canvas, area, 20, "%.0f ms");
    plot(canvas, area, history, 20, frame_colour,
         [](const Frame& frame) { return frame.milliseconds; });
    plot(canvas, area, history, 20, script_colour,
         [](const Frame& frame) { return frame.script_milliseconds; });
    return y + 142;
}

/// A round number above all values of the graph.
float top_of(const FrameHistory& history) {
    size_t most = 1;
    for (const Frame& frame : history.frames()) {
        most = std::max(most, frame.tasklets);
    }
    float top = 100;
    while (top < static_cast<float>(most)) {
        top *= 2;
    }
    return top;
}

float draw_tasklets(Canvas& canvas, float y, const FrameHistory& history) {
    const size_t last = history.frames().empty() ? 0 : history.frames().back().tasklets;
    canvas.text(left, y, format("tasklets %.0f", static_cast<double>(last)), tasklet_colour);
    const SDL_FRect area{left, y + 14, width, 80};
    const float top = top_of(history);
    draw_grid(canvas, area, top, "%.0f");
    plot(canvas, area, history, top, tasklet_colour,
         [](const Frame& frame) { return frame.tasklets; });
    return y + 112;
}

/// Text in lines that fit the panel.
float draw_lines(Canvas& canvas, float y, std::string_view text, Colour colour) {
    constexpr size_t columns = static_cast<size_t>(width) / 6;
    for (; !text.empty(); y += 12) {
        const size_t count = std::min(columns, text.size());
        canvas.text(left, y, text.substr(0, count), colour);
        text.remove_prefix(count);
    }
    return y;
}

}  // namespace

void draw_panel(Canvas& canvas, const World& world, const FrameHistory& history,
                const PanelText& text) {
    canvas.fill(SDL_FRect{map_width, 0, panel_width, map_height}, {26, 29, 35});
    canvas.text(left, 18, "the colony", white, 3);
    const double seconds = world.tick() * static_cast<double>(tick_seconds);
    canvas.text(left, 48, format("%.1f s", seconds) + ", scripts get " + text.budget, grey);
    float y = draw_legend(canvas, 76, world);
    y = draw_times(canvas, y, history);
    y = draw_tasklets(canvas, y, history);
    y = draw_lines(canvas, y, "f5 saves, f9 loads, scripts may change", grey);
    y = draw_lines(canvas, y + 6, text.message, white);
    draw_lines(canvas, y + 6, text.error, red);
}

}  // namespace game
