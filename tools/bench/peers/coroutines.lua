-- Lua's coroutines: a switch is a resume or the yield that answers it, so that half of the two is counted.

local REPETITIONS = 5
local BLOCKED = 100000

local function quickest(action, count)
  local best = math.huge
  for _ = 1, REPETITIONS do
    collectgarbage()
    local start = os.clock()
    action(count)
    best = math.min(best, os.clock() - start)
  end
  return best / count * 1e9
end

local function switch(count, value)
  local other = coroutine.create(function()
    while true do coroutine.yield(value) end
  end)
  for _ = 1, count // 2 do coroutine.resume(other, value) end
end

local function life(count)
  local function nothing() end
  for _ = 1, count do coroutine.resume(coroutine.create(nothing)) end
end

local function resident()
  local statm = assert(io.open("/proc/self/statm"))
  local _, pages = statm:read("n", "n")
  statm:close()
  return pages * 4096
end

local function grown()
  local function inner() coroutine.yield() return 1 end
  local function outer() return inner() + 1 end
  collectgarbage()
  local before = resident()
  local waiting = {}
  for i = 1, BLOCKED do
    waiting[i] = coroutine.create(outer)
    coroutine.resume(waiting[i])
  end
  return (resident() - before) / #waiting
end

local figures = {
  hop = function() return quickest(function(count) switch(count, 1) end, 1000000) end,
  yield = function() return quickest(switch, 1000000) end,
  life = function() return quickest(life, 100000) end,
  blocked = grown,
}
print(string.format("%.1f", figures[arg[1]]()))
