"""transformers' side of bench/vit_finetuning.ts: FOLDER BATCH STEPS RATE DECAY; prints JSON."""

import json
import resource
import sys
import time

import numpy
import torch
import transformers

transformers.utils.logging.disable_progress_bar()
folder, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rate, decay = float(sys.argv[4]), float(sys.argv[5])
torch.set_num_threads(2)
model = transformers.Dinov2ForImageClassification.from_pretrained(folder)
model.gradient_checkpointing_enable()
model.train()
optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=decay)
places = numpy.arange(batch * 224 * 224 * 3, dtype=numpy.float64)
waves = numpy.sin(places).astype(numpy.float32).reshape(batch, 224, 224, 3)
images = torch.from_numpy(waves).permute(0, 3, 1, 2).contiguous()
found = {"seconds": [], "processor": [], "losses": []}
for _ in range(steps):
    start, used = time.perf_counter(), time.process_time()
    optimizer.zero_grad()
    loss = ((torch.sigmoid(model(images).logits) - 0.25) ** 2).mean()
    loss.backward()
    optimizer.step()
    found["losses"].append(loss.item())
    found["seconds"].append(time.perf_counter() - start)
    found["processor"].append(time.process_time() - used)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps(found | {"peak": peak}))
