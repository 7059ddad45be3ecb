// The scripts of the agents: runs them within a budget, gives them the module `engine`, reloads, saves and loads them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stackless/stackless.hpp>
#include <string>
#include <vector>

#include "world.hpp"

namespace game {

/// What the scripts get in a frame: instructions for a run that is to be the same each time, otherwise time.
struct Budget {
    std::chrono::microseconds time{2000};
    int64_t instructions = 0;  // 0: the time counts
};

class ScriptHost {
public:
    /// `directory` has the scripts.
    ScriptHost(World& world, std::filesystem::path directory);

    /// Has the scripts populate an empty world.
    void found(int agents);
    /// Tells the agents which of their actions are over, and runs them.
    void run(const std::vector<Finished>& finished, const Budget& budget);
    /// Executes scripts anew whose files have changed. Their names.
    std::vector<std::string> reload_changed();

    /// All tasklets, and the world with them. Throws std::exception, and then nothing has changed.
    void save(const std::string& path);
    void load(const std::string& path);

    size_t tasklets() const { return runtime_->statistics().tasklets; }
    /// What has gone wrong in the scripts last, in a line, and how often something has.
    const std::string& last_error() const { return last_error_; }
    int errors() const { return errors_; }

private:
    using Time = std::filesystem::file_time_type;
    using Waiting = std::map<int32_t, stackless::Completion<bool>>;

    void start_runtime();
    void define_engine();
    void define_actions();
    void define_agents();
    void define_places();
    stackless::Completion<bool> wait(int32_t agent);
    void restore(const stackless::Value& extra);
    std::map<std::string, Time> file_times() const;
    void report(const std::string& traceback);

    World& world_;
    std::filesystem::path directory_;
    std::map<std::string, Time> known_times_;
    std::string last_error_;
    int errors_ = 0;

    // The values are gone before the interpreter ends.
    std::optional<stackless::Runtime> runtime_;
    stackless::Value colony_;  // what the scripts share
    Waiting waiting_;          // by the agent whose tasklet waits
};

}  // namespace game
