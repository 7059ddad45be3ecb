#include "map_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "colours.hpp"

namespace game {

namespace {

/// The same number, from 0 to 1, for the same corner of the grid.
float noise_at(int x, int y) {
    auto bits = static_cast<uint32_t>(x) * 0x8da6b343u ^ static_cast<uint32_t>(y) * 0xd8163841u;
    bits = (bits ^ (bits >> 13)) * 0x5bd1e995u;
    return static_cast<float>((bits ^ (bits >> 15)) & 0xffff) / 0xffff;
}

float smooth_noise(float x, float y) {
    const float left = std::floor(x);
    const float top = std::floor(y);
    const auto ease = [](float t) { return t * t * (3 - 2 * t); };
    const float u = ease(x - left);
    const float v = ease(y - top);
    const int column = static_cast<int>(left);
    const int row = static_cast<int>(top);
    return std::lerp(std::lerp(noise_at(column, row), noise_at(column + 1, row), u),
                     std::lerp(noise_at(column, row + 1), noise_at(column + 1, row + 1), u), v);
}

SDL_FRect square(Point middle, float size) {
    return {middle.x - size / 2, middle.y - size / 2, size, size};
}

void draw_disc(Canvas& canvas, Point middle, float radius, Colour colour) {
    std::vector<SDL_FRect> rows;
    for (float y = -radius; y < radius; y++) {
        const float half = std::sqrt(radius * radius - y * y);
        rows.push_back({middle.x - half, middle.y + y, 2 * half, 1});
    }
    canvas.fill(rows, colour);
}

void draw_house(Canvas& canvas, Point at, float size, Colour wall, Colour roof) {
    canvas.fill(square({at.x + 2, at.y + 3}, size), {0, 0, 0, 70});
    canvas.fill(square(at, size), wall);
    canvas.fill(SDL_FRect{at.x - size / 2, at.y - size / 2, size, size / 2}, roof);
}

/// How much of each there is, as three bars.
void draw_stock(Canvas& canvas, const Place& place) {
    for (int goods = 0; goods < goods_count; goods++) {
        const float height = std::min(26.0f, static_cast<float>(place.stock[goods]) / 40);
        canvas.fill(SDL_FRect{place.at.x + 15 + 6 * static_cast<float>(goods),
                              place.at.y + 12 - height, 5, height},
                    colour_of(static_cast<Goods>(goods)));
    }
}

void draw_field(Canvas& canvas, const Place& place) {
    constexpr struct {
        Colour ground;
        Colour thing;
    } looks[] = {{{30, 66, 38}, {24, 92, 44}},
                 {{72, 74, 80}, {120, 122, 130}},
                 {{96, 92, 44}, {150, 146, 60}}};
    const auto& look = looks[static_cast<int>(place.kind)];
    draw_disc(canvas, place.at, 38, look.ground);
    std::vector<SDL_FRect> things;
    for (int i = 0; i < 60; i++) {
        const float angle = 2.4f * static_cast<float>(i);
        const float radius = 4.6f * std::sqrt(static_cast<float>(i));
        things.push_back(
            square({place.at.x + radius * std::cos(angle), place.at.y + radius * std::sin(angle)},
                   place.kind == Kind::quarry ? 4 : 3));
    }
    canvas.fill(things, look.thing);
}

void draw_place(Canvas& canvas, const Place& place) {
    switch (place.kind) {
    case Kind::depot:
        draw_house(canvas, place.at, 24, {172, 140, 100}, {140, 70, 50});
        draw_stock(canvas, place);
        break;
    case Kind::barracks:
        draw_house(canvas, place.at, 34, {120, 125, 140}, {60, 80, 150});
        break;
    default:
        draw_field(canvas, place);
    }
}

void draw_agents(Canvas& canvas, const World& world) {
    std::array<std::vector<SDL_FRect>, role_count> bodies;
    std::array<std::vector<SDL_FRect>, goods_count> loads;
    std::vector<SDL_FRect> shadows;
    for (const Agent& agent : world.agents()) {
        if (!agent.exists)
            continue;
        const float size = agent.role == Role::worker ? 3 : 4;
        shadows.push_back(square({agent.at.x + 1, agent.at.y + 1}, size));
        bodies[static_cast<size_t>(agent.role)].push_back(square(agent.at, size));
        if (agent.amount > 0) {
            loads[static_cast<size_t>(agent.goods)].push_back(
                square({agent.at.x, agent.at.y - 3}, 2));
        }
    }
    canvas.fill(shadows, {0, 0, 0, 110});
    for (int role = 0; role < role_count; role++) {
        canvas.fill(bodies[static_cast<size_t>(role)], colour_of(static_cast<Role>(role)));
    }
    for (int goods = 0; goods < goods_count; goods++) {
        canvas.fill(loads[static_cast<size_t>(goods)], colour_of(static_cast<Goods>(goods)));
    }
}

}  // namespace

Image paint_ground() {
    Image ground{static_cast<uint32_t>(map_width), static_cast<uint32_t>(map_height), {}};
    for (uint32_t y = 0; y < ground.height; y++) {
        for (uint32_t x = 0; x < ground.width; x++) {
            const auto at = [x, y](float size) {
                return smooth_noise(static_cast<float>(x) / size, static_cast<float>(y) / size);
            };
            const float light = 0.6f * at(90) + 0.25f * at(25) + 0.15f * at(3);
            ground.pixels.push_back(static_cast<uint8_t>(30 + 26 * light));
            ground.pixels.push_back(static_cast<uint8_t>(42 + 34 * light));
            ground.pixels.push_back(static_cast<uint8_t>(32 + 18 * light));
        }
    }
    return ground;
}

void draw_map(Canvas& canvas, const World& world) {
    canvas.draw_background();
    for (const Place& place : world.places()) {
        draw_place(canvas, place);
    }
    draw_agents(canvas, world);
}

}  // namespace game
