"""What the four labs share. Importing it does nothing; names are loaded when used.

There is no lesson here: every layer, `compile`, `fit` and loop that is taught stands
in its own script. A lesson uses the files of this folder: `data`, `seeds`, `runs`,
`plots`, `text`, `lab`. The machinery of a class (command line, live console, page,
robust start) is in `classroom/`, which a student never opens.
An older Python can read this file: `Lab` tells its user which one is needed.
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
    """The lab of a script; stands above `import keras`, which it loads without its log.

    Checks the interpreter and the packages, and answers what needs no Keras (`--liste`,
    `--yardim`, a wrong command line) at once.

    Args:
        script: name of the script, without ".py".
        title: what is shown, e.g. "Uygulama 03 · Functional API".
        hours: when it is taught, e.g. "14:00-15:15".

    Returns:
        A `common.lab.Lab`.

    Raises:
        SystemExit: the answer was given, or something is missing: it says what to type.

    Example:
        lab = Lab("uygulama_03_functional_api", "Uygulama 03 · …", "14:00-15:15")
    """
    from common.classroom import startup

    startup.start(script)
    from common.lab import Lab as RealLab

    return RealLab(script, title, hours)


def __getattr__(name):
    import importlib

    if name == "plots":
        return importlib.import_module("common.plots")
    if name in _HOME:
        return getattr(importlib.import_module("common." + _HOME[name]), name)
    raise AttributeError(name)


def __dir__():
    return __all__
