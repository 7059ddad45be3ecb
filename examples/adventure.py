"""An adventure whose save file is the scheduler: where everybody is in the story is where its tasklet is in the code.

    stackless examples/adventure.py              plays a short game, with a save and a restart in the middle
    stackless examples/adventure.py FILE         plays from the keyboard; "save" writes FILE, which is read at the start
"""

import os
import subprocess
import sys
import tempfile

import stackless

# What is typed in the demonstration: the second process has never seen the first commands.
DEMONSTRATION = (["open door", "take lamp", "save", "quit"], ["use lamp", "go up"])


def ask(question):
    """What a character does next. The story goes on here when the player has typed something, perhaps next year."""
    print(question)
    return commands.receive()


def hero():
    while ask("You stand before a house.") != "open door":
        print("You try, in vain.")
    has_lamp = cellar()
    print("You are out again,", "with a lamp." if has_lamp else "in one piece.")


def cellar():
    print("The door falls shut behind you.")
    has_lamp, is_light = False, False
    while True:
        command = ask("You are in a cellar." if is_light else "You are somewhere dark.")
        if command == "take lamp":
            has_lamp = True
        elif command == "use lamp" and has_lamp:
            is_light = True
            print("There are stairs.")
        elif command == "go up" and is_light:
            return has_lamp
        else:
            print("You stumble.")


def clock():
    """Counts the turns, beside all that happens."""
    for turn in range(1, 1000):
        turns.receive()
        if turn % 4 == 0:
            print(f"The clock strikes {turn // 4}.")


def new_game():
    stackless.tasklet(hero)()
    stackless.tasklet(clock)()
    return {"commands": stackless.channel(), "turns": stackless.channel()}


def play(path, typed):
    """Lets the story go on from the save file, if there is one, with each command that is typed."""
    global commands, turns
    # The channels are what a game and its tasklets both know.
    game = stackless.restore(path).extra if os.path.exists(path) else new_game()
    commands, turns = game["commands"], game["turns"]
    stackless.run()
    for command in typed:
        if command == "save":
            stackless.snapshot(path, game)
        elif command == "quit" or commands.balance == 0:
            break
        else:
            commands.send(command)
            turns.send(None)
            stackless.run()
    # Nobody waits for the rest.
    turns.send_exception(TaskletExit)


def demonstrate():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "saved_game")
        for commands in DEMONSTRATION:
            print("--- a new process", flush=True)
            subprocess.run([sys.executable, __file__, path], input="\n".join(commands), text=True, check=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        play(sys.argv[1], (line.strip() for line in sys.stdin))
    else:
        demonstrate()
