// The command line.
#pragma once

#include <cstdint>
#include <string>

namespace game {

struct Options {
    int agents = 4000;
    uint64_t seed = 1;
    int frames = 0;  // the number of the last one; 0: until the window is closed
    bool headless = false;
    int64_t instructions = 0;  // what the scripts get in a frame; 0: 2 ms, or 2,000,000 if headless
    std::string scripts;
    std::string load;
    std::string save;
    int save_at = 0;  // the frame; 0: the last one
    int pause_at = 0;
    std::string screenshot;
    std::string dump;
};

/// Throws std::invalid_argument. `program` tells where the scripts are, if nothing else does.
Options parse_options(int count, char** arguments);

extern const char usage[];

}  // namespace game
