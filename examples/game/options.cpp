#include "options.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace game {

const char usage[] =
    "usage: game [options]\n"
    "  --agents N         how many agents there are at first (4000)\n"
    "  --seed N           of the random numbers (1)\n"
    "  --frames N         ends after this frame, counted from the beginning of the world\n"
    "  --headless         no window; each run is the same as the others\n"
    "  --instructions N   the scripts get so many instructions in a frame, not 2 ms\n"
    "  --scripts DIR      where the scripts of the agents are\n"
    "  --load FILE        goes on with a saved world\n"
    "  --save FILE        F5 saves to it, F9 loads it (colony.save); saves at the end\n"
    "  --save-at N        saves after this frame, not at the end\n"
    "  --pause-at N       then takes keys (F5) from standard input, up to an empty line\n"
    "  --screenshot FILE  as PNG, at the end\n"
    "  --dump FILE        the state of the world as text, at the end\n";

namespace {

template <class T>
T number(std::string_view name, std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < T{})
        throw std::invalid_argument(std::string(name) + " needs a number, not '" +
                                    std::string(text) + "'");
    return value;
}

void set(Options& options, std::string_view name, const std::string& value) {
    if (name == "--agents") {
        options.agents = number<int>(name, value);
    } else if (name == "--seed") {
        options.seed = number<uint64_t>(name, value);
    } else if (name == "--frames") {
        options.frames = number<int>(name, value);
    } else if (name == "--instructions") {
        options.instructions = number<int64_t>(name, value);
    } else if (name == "--scripts") {
        options.scripts = value;
    } else if (name == "--load") {
        options.load = value;
    } else if (name == "--save") {
        options.save = value;
    } else if (name == "--save-at") {
        options.save_at = number<int>(name, value);
    } else if (name == "--pause-at") {
        options.pause_at = number<int>(name, value);
    } else if (name == "--screenshot") {
        options.screenshot = value;
    } else if (name == "--dump") {
        options.dump = value;
    } else {
        throw std::invalid_argument("there is no option " + std::string(name));
    }
}

}  // namespace

Options parse_options(int count, char** arguments) {
    Options options;
    options.scripts = GAME_SCRIPTS;
    for (int i = 1; i < count; i++) {
        const std::string_view name = arguments[i];
        if (name == "--headless") {
            options.headless = true;
        } else if (i + 1 < count) {
            set(options, name, arguments[++i]);
        } else {
            throw std::invalid_argument("nothing follows " + std::string(name));
        }
    }
    if (options.headless && options.frames == 0)
        throw std::invalid_argument("--headless needs --frames: nobody can close a window");
    if (options.headless && options.instructions == 0) {
        options.instructions = 2'000'000;
    }
    return options;
}

}  // namespace game
