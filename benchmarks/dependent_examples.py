"""Examples of packages that stand on HIPS autograd: a function ``f`` of a number, a place ``x``, a step for differences."""

EXAMPLES = {
    "legume": """
        import legume, numpy as np
        from autograd import grad
        legume.set_backend("autograd")
        def f(s):
            crystal = legume.PhotCryst(legume.Lattice("square"), eps_l=1.0 + s, eps_u=5.0)
            crystal.add_layer(d=s, eps_b=12.0)
            crystal.add_shape(legume.Circle(eps=1.0, r=0.4 * s))
            crystal.add_layer(d=2 * s, eps_b=10.0 * s)
            crystal.add_shape(legume.Circle(eps=3.0, r=0.2))
            modes = legume.GuidedModeExp(crystal, gmax=1.9)
            modes.run(kpoints=np.array([[0.1], [0.2]]), gmode_inds=[0, 1], numeig=3, compute_im=False, verbose=False)
            return modes.freqs[0, 1] + modes.freqs[0, 2]
        x, step = 0.5, 1e-4
        """,
    "ceviche": """
        import ceviche, numpy as np, autograd.numpy as anp
        from autograd import grad
        source = np.zeros((24, 24), complex)
        source[12, 12] = 1
        start = 1.0 + np.random.default_rng(0).random(576)
        def f(s):
            eps = start + s * np.cos(np.arange(576))
            simulation = ceviche.fdfd_ez(2 * np.pi * 200e12, 5e-8, anp.reshape(eps, (24, 24)), [5, 5])
            return 1e9 * anp.sum(anp.abs(simulation.solve(source)[2][5:9, 5:9]) ** 2)
        x, step = 0.1, 1e-4
        """,
    "tidy3d": """
        import numpy as np, autograd.numpy as anp, tidy3d
        from autograd import grad
        from tidy3d.plugins.autograd import make_erosion_dilation_penalty
        start = np.random.default_rng(0).random((8, 8))
        penalty = make_erosion_dilation_penalty(radius=0.2, dl=0.1)
        f = lambda s: penalty(start + s * np.cos(np.arange(64.0)).reshape(8, 8))
        x, step = 0.05, 1e-5
        """,
    "PennyLane, times a tensor": """
        import autograd.numpy as anp
        from autograd import grad
        from pennylane import numpy as np
        tensor = np.array([1.0, 2.0, 3.0], requires_grad=False)
        f = lambda s: anp.sum(tensor * anp.sin(s * anp.ones(3)) ** 2)
        x, step = 0.3, 1e-5
        """,
    "PennyLane, the gradient of a gradient by shifts": """
        import pennylane as qml
        from autograd import grad
        from pennylane import numpy as np
        @qml.qnode(qml.device("default.qubit", wires=1), diff_method="parameter-shift", max_diff=2)
        def circuit(x):
            qml.RX(x, wires=0)
            qml.RY(x * x, wires=0)
            return qml.expval(qml.PauliZ(0))
        f = lambda s: grad(circuit)(s)
        x, step = np.array(0.4, requires_grad=True), 1e-4
        """,
    "pymoo": """
        import numpy as np
        from pymoo.gradient.automatic import AutomaticDifferentiation
        from pymoo.problems import get_problem
        problem = get_problem("rosenbrock", n_var=3)
        direction = np.array([1.0, -2.0, 0.5])
        f = lambda s: float(problem.evaluate(np.array([[0.1, 0.2, 0.3]]) + s * direction)[0, 0])
        slopes = AutomaticDifferentiation(problem).evaluate(np.array([[0.1, 0.2, 0.3]]), return_values_of=["F", "dF"])[1]
        grad = lambda f: lambda s: float(slopes[0, 0] @ direction)
        x, step = 0.0, 1e-5
        """,
    "lifelines": """
        import numpy as np
        from lifelines import WeibullFitter
        from lifelines.datasets import load_waltons
        data = load_waltons()
        fitted = WeibullFitter().fit(data["T"], data["E"])
        print("lambda", fitted.lambda_, "rho", fitted.rho_)
        from autograd import grad
        f = lambda s: s**2
        x, step = abs(fitted.lambda_ - 55.733096995) < 1e-5 and 1.0, 1e-5
        """,
}
