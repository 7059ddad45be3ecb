#include "script_host.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

using stackless::Bytes;
using stackless::Completion;
using stackless::Value;

namespace game {

ScriptHost::ScriptHost(World& world, std::filesystem::path directory)
    : world_(world), directory_(std::move(directory)) {
    start_runtime();
}

void ScriptHost::start_runtime() {
    waiting_.clear();
    colony_ = Value();
    runtime_.reset();
    runtime_.emplace(stackless::Options{.search_paths = {directory_.string()}, .isolated = true});
    runtime_->on_error([this](const stackless::Tasklet&, const stackless::Error& error) {
        report(error.traceback());
    });
    // A script that changes twice in a second would be taken for the one that was compiled before.
    runtime_->import("sys").set_attr("dont_write_bytecode", true);
    define_engine();
    known_times_ = file_times();
    for (const auto& [name, time] : known_times_) {
        runtime_->import(name.c_str());
    }
}

void ScriptHost::found(int agents) {
    colony_ = runtime_->import("colony").invoke("found", agents);
}

void ScriptHost::run(const std::vector<Finished>& finished, const Budget& budget) {
    for (const Finished& action : finished) {
        const auto found = waiting_.find(action.agent);
        if (found == waiting_.end())
            continue;
        const Completion<bool> done = std::move(found->second);
        waiting_.erase(found);
        done.complete(action.success);
    }
    if (budget.instructions != 0) {
        runtime_->run_instructions(budget.instructions);
    } else {
        runtime_->run_for(budget.time);
    }
}

void ScriptHost::report(const std::string& traceback) {
    errors_++;
    std::string line = traceback.substr(0, traceback.find_last_not_of('\n') + 1);
    line.erase(0, line.rfind('\n') + 1);
    if (line != std::exchange(last_error_, line)) {
        std::fputs(traceback.c_str(), stderr);
    }
}

// ---- Reloading

std::map<std::string, ScriptHost::Time> ScriptHost::file_times() const {
    std::map<std::string, Time> times;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
        std::error_code gone;
        const Time time = entry.last_write_time(gone);
        if (entry.path().extension() == ".py" && !gone) {
            times[entry.path().stem().string()] = time;
        }
    }
    return times;
}

std::vector<std::string> ScriptHost::reload_changed() {
    std::vector<std::string> reloaded;
    std::map<std::string, Time> times = file_times();
    for (const auto& [name, time] : times) {
        if (known_times_[name] == time)
            continue;
        try {
            runtime_->import("reloading").invoke("reload", name);
            reloaded.push_back(name);
            last_error_.clear();
        } catch (const stackless::Error& error) {
            report(error.traceback());
        }
    }
    known_times_ = std::move(times);
    return reloaded;
}

// ---- Saving

void ScriptHost::save(const std::string& path) {
    runtime_->snapshot_to(path, Value::tuple(Bytes{world_.save()}, waiting_, colony_));
}

void ScriptHost::load(const std::string& path) {
    // A new interpreter has nothing of the old world in it; that can be brought back too.
    std::optional<Bytes> before;
    if (!colony_.is_empty()) {
        before = runtime_->snapshot(Value::tuple(Bytes{world_.save()}, waiting_, colony_));
    }
    start_runtime();
    try {
        restore(runtime_->restore_from(path));
    } catch (...) {
        if (before) {
            start_runtime();
            restore(runtime_->restore(*before));
        }
        throw;
    }
}

void ScriptHost::restore(const Value& extra) {
    World loaded(0);
    loaded.load(extra.item(0).as<Bytes>().data);
    waiting_ = extra.item(1).as<Waiting>();
    colony_ = extra.item(2);
    world_ = std::move(loaded);
}

// ---- The module engine

void ScriptHost::define_engine() {
    define_actions();
    define_agents();
    define_places();
    runtime_->define("engine", "random", [this] { return world_.random(); }, "random()");
    runtime_->define(
        "engine", "report", [this](std::string traceback) { report(traceback); },
        "report(traceback)");
}

/// What takes an agent some time: its tasklet waits until World::step() says that the action is over.
void ScriptHost::define_actions() {
    runtime_->define(
        "engine", "sleep",
        [this](int32_t agent, float seconds) {
            world_.sleep(agent, seconds);
            return wait(agent);
        },
        "sleep(agent, seconds)");
    runtime_->define(
        "engine", "move",
        [this](int32_t agent, float x, float y) {
            world_.move(agent, {x, y});
            return wait(agent);
        },
        "move(agent, x, y)");
    runtime_->define(
        "engine", "chase",
        [this](int32_t agent, int32_t chased, float seconds) {
            world_.chase(agent, chased, seconds);
            return wait(agent);
        },
        "chase(agent, chased, seconds)");
    runtime_->define(
        "engine", "interrupt", [this](int32_t agent) { world_.interrupt(agent); },
        "interrupt(agent)");
}

Completion<bool> ScriptHost::wait(int32_t agent) {
    Completion<bool> done;
    waiting_.insert_or_assign(agent, done);
    return done;
}

void ScriptHost::define_agents() {
    const auto define = [this](const char* name, auto function, const char* signature) {
        runtime_->define("engine", name, std::move(function), signature);
    };
    define(
        "spawn",
        [this](std::string_view role, float x, float y) {
            return world_.spawn(role_named(role), {x, y});
        },
        "spawn(role, x, y)");
    define(
        "set_role",
        [this](int32_t agent, std::string_view role) {
            world_.agent(agent).role = role_named(role);
        },
        "set_role(agent, role)");
    define("remove", [this](int32_t agent) { world_.remove(agent); }, "remove(agent)");
    define("exists", [this](int32_t agent) { return world_.exists(agent); }, "exists(agent)");
    define(
        "position",
        [this](int32_t agent) {
            const Point at = world_.agent(agent).at;
            return std::pair(at.x, at.y);
        },
        "position(agent)");
    define(
        "set_speed", [this](int32_t agent, float speed) { world_.agent(agent).speed = speed; },
        "set_speed(agent, pixels_a_second)");
    define(
        "state", [this](int32_t agent) { return std::string(world_.agent(agent).state); },
        "state(agent)");
    define(
        "set_state",
        [this](int32_t agent, std::string_view state) {
            Agent& changed = world_.agent(agent);
            std::ranges::fill(changed.state, '\0');
            state.copy(changed.state, sizeof changed.state - 1);
        },
        "set_state(agent, word)");
    define(
        "load",
        [this](int32_t agent) {
            const Agent& carrier = world_.agent(agent);
            return std::pair(std::string(name_of(carrier.goods)), carrier.amount);
        },
        "load(agent)");
    define(
        "set_load",
        [this](int32_t agent, std::string_view goods, int16_t amount) {
            Agent& carrier = world_.agent(agent);
            carrier.goods = goods_named(goods);
            carrier.amount = amount;
        },
        "set_load(agent, goods, amount)");
    define(
        "pay", [this](int32_t agent, int32_t coins) { world_.agent(agent).coins += coins; },
        "pay(agent, coins)");
    define(
        "nearest_agent",
        [this](int32_t agent, std::string_view role, float within) {
            const int32_t found =
                world_.nearest_agent(world_.agent(agent).at, role_named(role), within);
            return found < 0 ? std::nullopt : std::optional(found);
        },
        "nearest_agent(agent, role, within)");
}

void ScriptHost::define_places() {
    const auto define = [this](const char* name, auto function, const char* signature) {
        runtime_->define("engine", name, std::move(function), signature);
    };
    define(
        "places",
        [this](std::string_view kind) {
            std::vector<int32_t> found;
            for (size_t i = 0; i < world_.places().size(); i++) {
                if (world_.places()[i].kind == kind_named(kind)) {
                    found.push_back(static_cast<int32_t>(i));
                }
            }
            return found;
        },
        "places(kind)");
    define(
        "place",
        [this](int32_t place) {
            const Point at = world_.place(place).at;
            return std::pair(at.x, at.y);
        },
        "place(number)");
    define(
        "nearest_place",
        [this](int32_t agent, std::string_view kind) {
            return world_.nearest_place(world_.agent(agent).at, kind_named(kind));
        },
        "nearest_place(agent, kind)");
    define(
        "stock",
        [this](int32_t place, std::string_view goods) {
            return world_.place(place).stock[static_cast<int>(goods_named(goods))];
        },
        "stock(place, goods)");
    define(
        "put",
        [this](int32_t place, std::string_view goods, int32_t amount) {
            world_.place(place).stock[static_cast<int>(goods_named(goods))] += amount;
        },
        "put(place, goods, amount)");
    define(
        "take",
        [this](int32_t place, std::string_view goods, int32_t most) {
            int32_t& stock = world_.place(place).stock[static_cast<int>(goods_named(goods))];
            const int32_t taken = std::clamp(most, 0, stock);
            stock -= taken;
            return taken;
        },
        "take(place, goods, at_most)");
}

}  // namespace game
