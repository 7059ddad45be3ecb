// A colony of a few thousand agents, each of which is a tasklet that runs a script in Python. See README.md.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

#include "canvas.hpp"
#include "frame_history.hpp"
#include "map_view.hpp"
#include "options.hpp"
#include "panel.hpp"
#include "script_host.hpp"

namespace game {

namespace {

using Clock = std::chrono::steady_clock;

float milliseconds_since(Clock::time_point began) {
    return std::chrono::duration<float, std::milli>(Clock::now() - began).count();
}

class Game {
public:
    explicit Game(const Options& options);

    /// Until the window is closed, or the last frame is over.
    void run();

private:
    void frame();
    void handle_events();
    void press(std::string_view key);
    void pause();
    void reload_changed();
    void save();
    void load(const std::string& path);
    void draw();
    void finish();
    std::string save_path() const { return options_.save.empty() ? "colony.save" : options_.save; }

    const Options options_;
    World world_;
    ScriptHost scripts_;
    Canvas canvas_;
    FrameHistory history_;
    Budget budget_;
    std::string message_;
    bool goes_on_ = true;
};

Game::Game(const Options& options)
    : options_(options),
      world_(options.seed),
      scripts_(world_, options.scripts),
      canvas_("The colony", static_cast<int>(map_width) + panel_width, static_cast<int>(map_height),
              options.headless) {
    budget_.instructions = options.instructions;
    canvas_.set_background(paint_ground());
    if (options.load.empty()) {
        scripts_.found(options.agents);
    } else {
        scripts_.load(options.load);
    }
}

void Game::run() {
    while (goes_on_ && (options_.frames == 0 || world_.tick() < options_.frames)) {
        frame();
    }
    finish();
}

void Game::frame() {
    const auto began = Clock::now();
    handle_events();
    if (world_.tick() % 30 == 0) {
        reload_changed();
    }
    const std::vector<Finished> finished = world_.step();
    const auto scripts_began = Clock::now();
    scripts_.run(finished, budget_);
    const float script_milliseconds = milliseconds_since(scripts_began);
    // Without a window nobody looks at all the frames.
    if (!options_.headless || world_.tick() % 60 == 0) {
        draw();
    }
    history_.add({milliseconds_since(began), script_milliseconds, scripts_.tasklets()});

    if (options_.save_at == world_.tick()) {
        scripts_.save(save_path());
    }
    if (options_.pause_at == world_.tick()) {
        pause();
    }
    if (!options_.headless) {
        canvas_.present();
        std::this_thread::sleep_until(began + std::chrono::microseconds(1'000'000 / 60));
    }
}

void Game::handle_events() {
    SDL_Event event;
    while (SDL_PollEvent(&event) != 0) {
        if (event.type == SDL_QUIT) {
            goes_on_ = false;
        }
        if (event.type != SDL_KEYDOWN)
            continue;
        press(SDL_GetKeyName(event.key.keysym.sym));
    }
}

void Game::press(std::string_view key) {
    if (key == "F5") {
        save();
    } else if (key == "F9") {
        load(save_path());
    } else if (key == "Escape") {
        goes_on_ = false;
    }
}

/// Takes keys from standard input, one a line, up to an empty line.
void Game::pause() {
    std::printf("frame %d\n", world_.tick());
    std::fflush(stdout);
    for (std::string key; std::getline(std::cin, key) && !key.empty();) {
        press(key);
        std::printf("%s\n", message_.c_str());
        std::fflush(stdout);
    }
    reload_changed();
}

void Game::reload_changed() {
    for (const std::string& name : scripts_.reload_changed()) {
        message_ = name + ".py was reloaded";
        std::printf("%s\n", message_.c_str());
    }
}

/// A player goes on playing if it fails.
void Game::save() {
    const auto began = Clock::now();
    try {
        scripts_.save(save_path());
        message_ =
            "saved in " + std::to_string(static_cast<int>(milliseconds_since(began))) + " ms";
    } catch (const std::exception& error) {
        message_ = error.what();
    }
}

void Game::load(const std::string& path) {
    const auto began = Clock::now();
    try {
        scripts_.load(path);
        message_ =
            "loaded in " + std::to_string(static_cast<int>(milliseconds_since(began))) + " ms";
    } catch (const std::exception& error) {
        message_ = error.what();
    }
}

void Game::draw() {
    const std::string budget = budget_.instructions == 0
                                   ? std::to_string(budget_.time.count() / 1000) + " ms"
                                   : std::to_string(budget_.instructions) + " instr.";
    draw_map(canvas_, world_);
    draw_panel(canvas_, world_, history_, {budget, message_, scripts_.last_error()});
}

void Game::finish() {
    if (!options_.save.empty() && options_.save_at == 0) {
        scripts_.save(options_.save);
    }
    if (!options_.dump.empty()) {
        std::ofstream file(options_.dump);
        file << world_.dump();
        if (!file.flush())
            throw std::runtime_error("cannot write " + options_.dump);
    }
    if (!options_.screenshot.empty()) {
        draw();
        write_png(canvas_.read(), options_.screenshot);
    }
    if (options_.frames != 0) {
        std::printf("%d frames, %zu tasklets, %d script errors\n", world_.tick(),
                    scripts_.tasklets(), scripts_.errors());
    }
}

}  // namespace

}  // namespace game

int main(int count, char** arguments) {
    if (count == 2 && std::string_view(arguments[1]) == "--help") {
        std::fputs(game::usage, stdout);
        return 0;
    }
    try {
        const game::Options options = game::parse_options(count, arguments);
        game::Game(options).run();
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "%s\n%s", error.what(), game::usage);
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "game: %s\n", error.what());
        return 1;
    }
}
