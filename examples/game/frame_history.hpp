// What the graph on the screen shows: the last frames.
#pragma once

#include <cstddef>
#include <deque>

namespace game {

struct Frame {
    float milliseconds;         // all that it has taken
    float script_milliseconds;  // of that, the scripts
    size_t tasklets;
};

class FrameHistory {
public:
    static constexpr size_t length = 240;

    void add(const Frame& frame) {
        if (frames_.size() == length) {
            frames_.pop_front();
        }
        frames_.push_back(frame);
    }
    const std::deque<Frame>& frames() const { return frames_; }

private:
    std::deque<Frame> frames_;
};

}  // namespace game
