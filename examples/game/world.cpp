#include "world.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <span>
#include <stdexcept>

namespace game {

namespace {

constexpr std::string_view role_names[] = {"worker", "trader", "guard",
                                           "keeper", "raider", "prisoner"};
constexpr std::string_view kind_names[] = {"forest", "quarry", "farm", "depot", "barracks"};
constexpr std::string_view goods_names[] = {"wood", "stone", "food"};

constexpr float reach = 4;  // this near, an agent has caught another one

template <class T>
T named(std::span<const std::string_view> names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found != names.end())
        return static_cast<T>(found - names.begin());
    std::string message = "there is no '" + std::string(name) + "', but";
    for (std::string_view known : names) {
        message.append(" ").append(known);
    }
    throw std::invalid_argument(message);
}

/// Where a new world has its places: in two rings around the barracks in the middle.
std::vector<Place> layout() {
    std::vector<Place> places{{{map_width / 2, map_height / 2}, Kind::barracks, {}}};
    const auto ring = [&](int count, float radius, float turn, std::initializer_list<Kind> kinds) {
        for (int i = 0; i < count; i++) {
            const float angle = (i + turn) * 2 * std::numbers::pi_v<float> / count;
            const Point at{map_width / 2 + 1.45f * radius * std::cos(angle),
                           map_height / 2 + radius * std::sin(angle)};
            places.push_back({at, kinds.begin()[i % kinds.size()], {}});
        }
    };
    ring(6, 155, 0.5f, {Kind::depot});
    ring(12, 295, 0.5f, {Kind::forest, Kind::farm, Kind::quarry});
    for (Place& place : places) {
        if (place.kind == Kind::depot) {
            std::ranges::fill(place.stock, 60);
        }
    }
    return places;
}

float squared_distance(Point a, Point b) {
    return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

/// Moves a point towards another one. Whether it is there.
bool approach(Point& at, Point target, float length) {
    const float left = distance(at, target);
    if (left <= length) {
        at = target;
        return true;
    }
    at.x += (target.x - at.x) * length / left;
    at.y += (target.y - at.y) * length / left;
    return false;
}

}  // namespace

std::string_view name_of(Role role) {
    return role_names[static_cast<int>(role)];
}
std::string_view name_of(Kind kind) {
    return kind_names[static_cast<int>(kind)];
}
std::string_view name_of(Goods goods) {
    return goods_names[static_cast<int>(goods)];
}
Role role_named(std::string_view name) {
    return named<Role>(role_names, name);
}
Kind kind_named(std::string_view name) {
    return named<Kind>(kind_names, name);
}
Goods goods_named(std::string_view name) {
    return named<Goods>(goods_names, name);
}

float distance(Point a, Point b) {
    return std::sqrt(squared_distance(a, b));
}

World::World(uint64_t seed)
    : places_(layout()), random_state_(seed * 0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d) {}

int World::count(Role role) const {
    return static_cast<int>(std::ranges::count_if(
        agents_, [role](const Agent& agent) { return agent.exists && agent.role == role; }));
}

int32_t World::total_stock(Goods goods) const {
    int32_t total = 0;
    for (const Place& place : places_) {
        total += place.stock[static_cast<int>(goods)];
    }
    return total;
}

// ---- Actions

std::vector<Finished> World::step() {
    tick_++;
    std::vector<Finished> finished;
    finished.swap(interrupted_);
    for (int32_t number = 0; number < static_cast<int32_t>(agents_.size()); number++) {
        Agent& agent = agents_[static_cast<size_t>(number)];
        if (agent.action == Action::none || !advance(number))
            continue;
        const bool has_caught = agent.action != Action::chase || agent.until > tick_;
        agent.action = Action::none;
        finished.push_back({number, has_caught});
    }
    return finished;
}

/// One tick of an action. Whether it is over; a chase without success has passed its `until`.
bool World::advance(int32_t number) {
    Agent& agent = agents_[static_cast<size_t>(number)];
    switch (agent.action) {
    case Action::sleep:
        return tick_ >= agent.until;
    case Action::move:
        return approach(agent.at, agent.target, agent.speed * tick_seconds);
    case Action::chase:
        if (!exists(agent.chased)) {
            agent.until = tick_;
        }
        if (tick_ >= agent.until)
            return true;
        agent.target = this->agent(agent.chased).at;
        approach(agent.at, agent.target, agent.speed * tick_seconds);
        return distance(agent.at, agent.target) <= reach;
    case Action::none:
        break;
    }
    return false;
}

Agent& World::idle_agent(int32_t number) {
    Agent& idle = agent(number);
    if (idle.action != Action::none)
        throw std::logic_error("agent " + std::to_string(number) + " is busy");
    return idle;
}

void World::sleep(int32_t number, float seconds) {
    Agent& sleeper = idle_agent(number);
    sleeper.until = tick_ + std::max(1, static_cast<int32_t>(seconds / tick_seconds));
    sleeper.action = Action::sleep;
}

void World::move(int32_t number, Point target) {
    Agent& mover = idle_agent(number);
    mover.target = {std::clamp(target.x, 0.0f, map_width), std::clamp(target.y, 0.0f, map_height)};
    mover.action = Action::move;
}

void World::chase(int32_t number, int32_t chased, float seconds) {
    Agent& chaser = idle_agent(number);
    agent(chased);
    chaser.chased = chased;
    chaser.until = tick_ + std::max(1, static_cast<int32_t>(seconds / tick_seconds));
    chaser.action = Action::chase;
}

void World::interrupt(int32_t number) {
    Agent& busy = agent(number);
    if (busy.action == Action::none)
        return;
    busy.action = Action::none;
    interrupted_.push_back({number, false});
}

// ---- Agents and places

int32_t World::spawn(Role role, Point at) {
    Agent agent{};
    agent.at = at;
    agent.target = at;
    agent.speed = 40;
    agent.chased = -1;
    agent.role = role;
    agent.exists = true;
    agents_.push_back(agent);
    return static_cast<int32_t>(agents_.size()) - 1;
}

void World::remove(int32_t number) {
    interrupt(number);
    agent(number).exists = false;
}

bool World::exists(int32_t number) const {
    return number >= 0 && static_cast<size_t>(number) < agents_.size() &&
           agents_[static_cast<size_t>(number)].exists;
}

Agent& World::agent(int32_t number) {
    if (!exists(number))
        throw std::out_of_range("there is no agent " + std::to_string(number));
    return agents_[static_cast<size_t>(number)];
}

Place& World::place(int32_t number) {
    return places_.at(static_cast<size_t>(number));
}

int32_t World::nearest_agent(Point from, Role role, float within) const {
    int32_t nearest = -1;
    float best = within * within;
    for (size_t i = 0; i < agents_.size(); i++) {
        const Agent& agent = agents_[i];
        if (agent.role != role || !agent.exists)
            continue;
        const float squared = squared_distance(from, agent.at);
        if (squared < best) {
            best = squared;
            nearest = static_cast<int32_t>(i);
        }
    }
    return nearest;
}

int32_t World::nearest_place(Point from, Kind kind) const {
    int32_t nearest = -1;
    float best = 0;
    for (size_t i = 0; i < places_.size(); i++) {
        const float squared = squared_distance(from, places_[i].at);
        if (places_[i].kind == kind && (nearest < 0 || squared < best)) {
            best = squared;
            nearest = static_cast<int32_t>(i);
        }
    }
    return nearest;
}

/// xorshift64*
double World::random() {
    random_state_ ^= random_state_ >> 12;
    random_state_ ^= random_state_ << 25;
    random_state_ ^= random_state_ >> 27;
    return static_cast<double>((random_state_ * 0x2545f4914f6cdd1d) >> 11) * 0x1p-53;
}

// ---- Saving: the structures as they are, for the same program

namespace {

constexpr std::string_view magic = "colony 1\n";

template <class T>
void append(std::string& saved, const T* values, size_t count) {
    saved.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

template <class T>
void append(std::string& saved, const std::vector<T>& values) {
    const uint64_t count = values.size();
    append(saved, &count, 1);
    append(saved, values.data(), values.size());
}

template <class T>
void take(std::string_view& saved, T* values, size_t count) {
    if (count > saved.size() / sizeof(T))
        throw std::runtime_error("the saved world is truncated");
    saved.copy(reinterpret_cast<char*>(values), count * sizeof(T));
    saved.remove_prefix(count * sizeof(T));
}

template <class T>
void take(std::string_view& saved, std::vector<T>& values) {
    uint64_t count;
    take(saved, &count, 1);
    if (count > saved.size() / sizeof(T))
        throw std::runtime_error("the saved world is truncated");
    values.resize(count);
    take(saved, values.data(), values.size());
}

}  // namespace

std::string World::save() const {
    std::string saved(magic);
    append(saved, agents_);
    append(saved, places_);
    append(saved, interrupted_);
    append(saved, &random_state_, 1);
    append(saved, &tick_, 1);
    return saved;
}

void World::load(std::string_view saved) {
    if (!saved.starts_with(magic))
        throw std::runtime_error("this is no saved world");
    saved.remove_prefix(magic.size());
    World loaded(0);
    take(saved, loaded.agents_);
    take(saved, loaded.places_);
    take(saved, loaded.interrupted_);
    take(saved, &loaded.random_state_, 1);
    take(saved, &loaded.tick_, 1);
    *this = std::move(loaded);
}

std::string World::dump() const {
    std::string text =
        "tick " + std::to_string(tick_) + " random " + std::to_string(random_state_) + "\n";
    char line[200];
    for (size_t i = 0; i < agents_.size(); i++) {
        const Agent& agent = agents_[i];
        std::snprintf(line, sizeof line,
                      "agent %zu %s %s at %a %a has %d %s %d coins action %d%s\n", i,
                      name_of(agent.role).data(), agent.state, static_cast<double>(agent.at.x),
                      static_cast<double>(agent.at.y), agent.amount, name_of(agent.goods).data(),
                      agent.coins, static_cast<int>(agent.action), agent.exists ? "" : " gone");
        text += line;
    }
    for (size_t i = 0; i < places_.size(); i++) {
        const Place& place = places_[i];
        std::snprintf(line, sizeof line, "place %zu %s has %d wood %d stone %d food\n", i,
                      name_of(place.kind).data(), place.stock[0], place.stock[1], place.stock[2]);
        text += line;
    }
    return text;
}

}  // namespace game
