"""What the four labs share. Importing it does nothing; a name is loaded when used.

There is no lesson here: every layer, `compile`, `fit` and loop that is taught stands
in its own script. The files of this folder are what a lesson uses. The machinery of a
class (command line, live console, page, robust start) is in `classroom/`, which a
student never opens.
An older Python can read this file, so that `Lab` can say which Python is needed.
"""

_PUBLIC = {
    "classroom.model_graph": ("model_graph",),
    "data": ("Dataset", "load_breast_cancer", "load_mnist"),
    "files": ("LabError",),
    "fresh": ("predict_in", "start_python"),
    "measure": ("gradients", "keras_answer", "largest_difference"),
    "runs": ("final", "paired", "summary"),
    "seeds": ("restart", "set_seed"),
    "text": ("number", "percent", "tidy"),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = ["Lab", "plots", *_HOME]


def Lab(script, title, hours):
    """Make the lab of a script. Call it before `import keras`.

    It checks the interpreter and the packages. What needs no Keras (`--liste`,
    `--yardim`, a wrong command line) it answers at once. Then it loads Keras without
    its start-up log.

    Args:
        script: the name of the script, without ".py".
        title: the title that is shown, e.g. "Uygulama 03 · Functional API".
        hours: when the lab is taught, e.g. "14:00-15:15".

    Returns:
        A `common.lab.Lab`.

    Raises:
        SystemExit: the command line was answered, or something is missing; then the
            message says what to type.

    Example:
        lab = Lab("uygulama_03_functional_api", "Uygulama 03 · …", "14:00-15:15")
    """
    from common.classroom import startup

    startup.start(script)
    from common.lab import Lab as RealLab

    return RealLab(script, title, hours)


def __getattr__(name):
    import importlib

    if name not in _HOME:
        raise AttributeError(name)
    return getattr(importlib.import_module("common." + _HOME[name]), name)


def __dir__():
    return __all__
