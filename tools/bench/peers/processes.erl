%% Erlang's processes and messages, on one scheduler.
-module(processes).
-export([main/1]).

-define(REPETITIONS, 5).
-define(BLOCKED, 100000).

main([Word]) ->
    Figure = case list_to_atom(Word) of
        hop -> quickest(fun hop/1, 2000000);
        yield -> quickest(fun give_way/1, 2000000);
        life -> quickest(fun life/1, 500000);
        blocked -> grown()
    end,
    io:format("~.1f~n", [Figure]),
    erlang:halt(0).

%% Each repetition is a process of its own, so that none inherits another's heap.
quickest(Action, Count) ->
    Times = [timed(Action, Count) || _ <- lists:seq(1, ?REPETITIONS)],
    lists:min(Times) / Count.

timed(Action, Count) ->
    Parent = self(),
    spawn(fun() ->
        {Start, _} = erlang:statistics(runtime),
        Action(Count),
        {End, _} = erlang:statistics(runtime),
        Parent ! {time, (End - Start) * 1000000}
    end),
    receive {time, Time} -> Time end.

hop(Count) ->
    Self = self(),
    Other = spawn(fun() -> answer(Count div 2) end),
    ask(Self, Other, Count div 2).

ask(_, _, 0) -> ok;
ask(Self, Other, Count) ->
    Other ! Self,
    receive token -> ask(Self, Other, Count - 1) end.

answer(0) -> ok;
answer(Count) ->
    receive Asker -> Asker ! token end,
    answer(Count - 1).

give_way(Count) ->
    Self = self(),
    Give = fun() -> yield_times(Count div 2), Self ! done end,
    spawn(Give),
    spawn(Give),
    receive done -> ok end,
    receive done -> ok end.

yield_times(0) -> ok;
yield_times(Count) ->
    erlang:yield(),
    yield_times(Count - 1).

life(0) -> ok;
life(Count) ->
    spawn(fun() -> ok end),
    erlang:yield(),
    life(Count - 1).

grown() ->
    erlang:garbage_collect(),
    Before = resident(),
    Waiting = [spawn(fun() -> wait() end) || _ <- lists:seq(1, ?BLOCKED)],
    erlang:yield(),
    (resident() - Before) / length(Waiting).

wait() -> receive_one() + 1.

receive_one() -> receive Number -> Number end.

resident() ->
    {ok, Statm} = file:open("/proc/self/statm", [read]),
    {ok, Line} = file:read_line(Statm),
    [_, Pages | _] = string:lexemes(Line, " "),
    list_to_integer(Pages) * 4096.
