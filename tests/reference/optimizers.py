"""Trajectories of PyTorch's optimisers and learning rates, for tests/train/optimizers_test.ts.

    python tests/reference/optimizers.py        writes optimizers.json beside this file

Numbers are float64: parameters after some steps of given gradients, and the rate of each step. The
same trajectories in float32 give the error noted with each case.
"""

import fixtures

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

STEPS, SAVED = 20, (1, 2, 5, 20)
RATES = 50
DECAY = 0.9


def numbers(tensor):
    """A nested list of float64; what becomes float32 on the way to TensorFlow is float32 already."""
    return tensor.detach().double().tolist()


def draw(*shape):
    return torch.randn(*shape, dtype=torch.float32)


def sgd(parameters, options):
    return torch.optim.SGD(
        parameters, options["learningRate"], options.get("momentum", 0), options.get("dampening", 0),
        options.get("weightDecay", 0), options.get("nesterov", False))


def adam(parameters, options, kind=torch.optim.Adam):
    return kind(
        parameters, options["learningRate"], (options["beta1"], options["beta2"]),
        options["epsilon"], options["weightDecay"])


def adamw(parameters, options):
    return adam(parameters, options, torch.optim.AdamW)


def adamw_groups(parameters, options):
    """One group a parameter; what a group does not say is the optimiser's."""
    named = [
        {"params": [value], "lr": group.get("learningRate", options["learningRate"]),
         "weight_decay": group.get("weightDecay", options["weightDecay"])}
        for value, group in zip(parameters, (options["groups"]["weight"], options["groups"]["bias"]))
    ]
    return adamw(named, options)


ADAM = {"learningRate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0}
CASES = [
    ("plain", "sgd", sgd, {"learningRate": 0.1}),
    ("momentum", "sgd", sgd, {"learningRate": 0.1, "momentum": 0.9}),
    ("nesterov", "sgd", sgd, {"learningRate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("weight_decay", "sgd", sgd, {"learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.1}),
    ("dampening", "sgd", sgd, {"learningRate": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("default", "adam", adam, ADAM),
    ("options", "adam", adam,
     {**ADAM, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weightDecay": 0.1}),
    ("all_decay", "adamw", adamw, {**ADAM, "weightDecay": 0.1}),
    ("two_groups", "adamw", adamw_groups,
     {**ADAM, "groups": {"weight": {"learningRate": 0.05, "weightDecay": 0.1},
                         "bias": {"learningRate": 0.2, "weightDecay": 0}}}),
]


def trajectory(make, options, start, gradients, dtype):
    """The parameters after each saved step, and their moving average after each."""
    module = torch.nn.Module()
    for name, value in start.items():
        module.register_parameter(name, torch.nn.Parameter(value.detach().clone().to(dtype)))
    # multi_avg_fn: d·x + (1 - d)·p; it copies at its first update, so that is made before step 1
    average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(DECAY))
    average.update_parameters(module)
    optimizer = make(list(module.parameters()), options)
    after, averages = {}, {}
    for step, gradient in enumerate(gradients, start=1):
        for name, parameter in module.named_parameters():
            parameter.grad = gradient[name].to(dtype)
        optimizer.step()
        average.update_parameters(module)
        if step in SAVED:
            after[step] = {name: value.detach().clone() for name, value in module.named_parameters()}
            averages[step] = {
                name: value.detach().clone() for name, value in average.module.named_parameters()}
    return after, averages


def worst(exact, rough):
    return max(fixtures.difference(exact[step][name], rough[step][name])
               for step in exact for name in exact[step])


def listed(states):
    return {str(step): {name: numbers(value) for name, value in state.items()}
            for step, state in states.items()}


def optimizers(start, gradients):
    cases = []
    for name, optimizer, make, options in CASES:
        exact, averages = trajectory(make, options, start, gradients, torch.float64)
        rough, rough_averages = trajectory(make, options, start, gradients, torch.float32)
        error = max(worst(exact, rough), worst(averages, rough_averages))
        cases.append({
            "name": name, "optimizer": optimizer, "options": options, "after": listed(exact),
            "averages": listed(averages), "float32Error": float(f"{error:.1e}"),
        })
    return cases


def rates(learning_rate, make):
    """The rate that each step is made with, from the first."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], learning_rate)
    scheduler = make(optimizer)
    found = [optimizer.param_groups[0]["lr"]]
    for _ in range(RATES - 1):
        optimizer.step()
        scheduler.step()
        found.append(optimizer.param_groups[0]["lr"])
    return found


def cosine_with_warmup(optimizer, warmup, start_factor, minimum):
    """torchvision's training script: SequentialLR of LinearLR and CosineAnnealingLR."""
    rise = lr_scheduler.LinearLR(optimizer, start_factor, total_iters=warmup)
    fall = lr_scheduler.CosineAnnealingLR(optimizer, RATES - warmup, minimum)
    return lr_scheduler.SequentialLR(optimizer, [rise, fall], [warmup])


def schedules():
    def one_cycle(optimizer):
        return lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.1, total_steps=RATES, cycle_momentum=False)

    cases = []
    for name, warmup, start_factor, minimum in (
        ("no_warmup", 0, 1, 0), ("warmup", 10, 0.1, 0), ("minimum", 5, 0.01, 0.001)):
        options = {"learningRate": 0.1, "totalSteps": RATES, "warmupSteps": warmup,
                   "warmupStart": start_factor, "minimum": minimum}
        make = (lambda o: lr_scheduler.CosineAnnealingLR(o, RATES, minimum)) if warmup == 0 else (
            lambda o: cosine_with_warmup(o, warmup, start_factor, minimum))
        cases.append({"name": name, "schedule": "cosine", "options": options,
                      "rates": rates(0.1, make)})
    cases.append({
        "name": "from_zero", "schedule": "cosineFromZero",
        "options": {"learningRate": 0.1, "totalSteps": RATES, "warmupSteps": 10},
        # transformers' get_cosine_schedule_with_warmup: step / warm-up, then half a cosine
        "rates": rates(0.1, lambda o: lr_scheduler.LambdaLR(o, transformers_cosine)),
    })
    cases.append({
        "name": "default", "schedule": "oneCycle",
        "options": {"maxLearningRate": 0.1, "totalSteps": RATES, "warmupShare": 0.3,
                    "divide": 25, "finalDivide": 1e4},
        "rates": rates(0.1, one_cycle),
    })
    cases.append({
        "name": "default", "schedule": "step",
        "options": {"learningRate": 0.1, "stepSize": 15, "factor": 0.1},
        "rates": rates(0.1, lambda o: lr_scheduler.StepLR(o, 15, 0.1)),
    })
    return cases


def transformers_cosine(step, warmup=10):
    if step < warmup:
        return step / max(1, warmup)
    progress = torch.tensor((step - warmup) / max(1, RATES - warmup), dtype=torch.float64)
    return max(0.0, 0.5 * (1 + torch.cos(torch.pi * progress).item()))


def main():
    torch.manual_seed(40)
    start = {"weight": draw(3, 2), "bias": draw(2)}
    gradients = [{"weight": draw(3, 2), "bias": draw(2)} for _ in range(STEPS)]
    fixtures.write_json("optimizers.json", {
        "start": {name: numbers(value) for name, value in start.items()},
        "gradients": [{name: numbers(value) for name, value in step.items()} for step in gradients],
        "averageDecay": DECAY,
        "optimizers": optimizers(start, gradients),
        "schedules": schedules(),
    })


if __name__ == "__main__":
    main()
