// The colony as the engine sees it: places and agents on a map, and what the agents are about to do. Knows nothing of
// Python, and is the same on each run with the same seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace game {

constexpr float tick_seconds = 1.0f / 60;
constexpr float map_width = 1000;
constexpr float map_height = 720;

enum class Role : uint8_t { worker, trader, guard, keeper, raider, prisoner };
constexpr int role_count = 6;
enum class Kind : uint8_t { forest, quarry, farm, depot, barracks };
constexpr int kind_count = 5;
enum class Goods : uint8_t { wood, stone, food };
constexpr int goods_count = 3;

std::string_view name_of(Role role);
std::string_view name_of(Kind kind);
std::string_view name_of(Goods goods);
/// The other way round. std::invalid_argument with the names that there are, if there is none like that.
Role role_named(std::string_view name);
Kind kind_named(std::string_view name);
Goods goods_named(std::string_view name);

struct Point {
    float x;
    float y;
};
float distance(Point a, Point b);

/// What an agent does, until it has finished: then World::step() says so.
enum class Action : uint8_t { none, sleep, move, chase };

struct Agent {
    Point at;
    Point target;
    float speed;     // pixels a second
    int32_t until;   // the tick at which it stops to sleep, or gives up to chase
    int32_t chased;  // the number of an agent
    int32_t coins;
    int16_t amount;  // of `goods`, which it carries
    Goods goods;
    Role role;
    Action action;
    bool exists;
    char state[14];  // a word of its script: "gathering"
};

struct Place {
    Point at;
    Kind kind;
    int32_t stock[goods_count];
};

/// An action that is over.
struct Finished {
    int32_t agent;
    bool success;  // it has arrived, slept or caught; nobody interrupted it
};

class World {
public:
    explicit World(uint64_t seed);

    int32_t tick() const { return tick_; }
    const std::vector<Agent>& agents() const { return agents_; }
    const std::vector<Place>& places() const { return places_; }
    int count(Role role) const;
    int32_t total_stock(Goods goods) const;

    /// One tick. The actions that are over since the last one, by interrupt() too, in the same order each time.
    std::vector<Finished> step();

    // ---- What scripts may do. std::out_of_range for an agent or a place that is not there.

    int32_t spawn(Role role, Point at);
    void remove(int32_t agent);
    bool exists(int32_t agent) const;
    Agent& agent(int32_t number);
    Place& place(int32_t number);

    // These begin an action. std::logic_error if the agent is busy.
    void sleep(int32_t agent, float seconds);
    void move(int32_t agent, Point target);
    void chase(int32_t agent, int32_t chased, float seconds);
    /// Ends the action of an agent, if it has one, without success.
    void interrupt(int32_t agent);

    /// The nearest agent of a role within a distance, or -1; the nearest place of a kind.
    int32_t nearest_agent(Point from, Role role, float within) const;
    int32_t nearest_place(Point from, Kind kind) const;
    /// Greater than or equal to 0, and less than 1.
    double random();

    // ---- Saving

    std::string save() const;
    /// std::runtime_error if the text is not from save().
    void load(std::string_view saved);
    /// All of it as text, a line for each agent and place, with exact numbers.
    std::string dump() const;

private:
    Agent& idle_agent(int32_t number);
    bool advance(int32_t number);

    std::vector<Agent> agents_;
    std::vector<Place> places_;
    std::vector<Finished> interrupted_;
    uint64_t random_state_;
    int32_t tick_ = 0;
};

}  // namespace game
