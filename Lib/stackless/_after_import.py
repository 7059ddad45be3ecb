"""What is to be done when a program imports certain modules, which `stackless` itself does not need."""

import sys


class _Loader:
    """The loader of a module, with something to do after it. The module does not get to see it."""

    def __init__(self, loader, action):
        self._loader = loader
        self._action = action

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._action(module)


class _Finder:
    def __init__(self, actions):
        self.actions = actions

    def find_spec(self, name, path=None, target=None):
        action = self.actions.pop(name, None)
        if action is None:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        for finder in others:
            if (spec := finder.find_spec(name, path, target)) is not None:
                spec.loader = _Loader(spec.loader, action)
                if not self.actions:
                    sys.meta_path.remove(self)
                return spec
        self.actions[name] = action
        return None


def after_import(actions):
    """Calls actions[name](module) for each module: now if it has been imported, or else when it is."""
    imported = [name for name in actions if name in sys.modules]
    waiting = {name: action for name, action in actions.items() if name not in imported}
    # First, because an action may import the others.
    if waiting:
        sys.meta_path.insert(0, _Finder(waiting))
    for name in imported:
        actions[name](sys.modules[name])
