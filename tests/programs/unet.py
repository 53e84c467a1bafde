"""A small U-Net: double convolutions with batch norm, pools down, transposed and bilinear steps up, padding, skip connections."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from same_weights import numbers, same_weights


class Double(nn.Sequential):
    def __init__(self, inside, outside):
        super().__init__(
            nn.Conv2d(inside, outside, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
            nn.Conv2d(outside, outside, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
        )


class Up(nn.Module):
    def __init__(self, inside, outside, bilinear):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = Double(inside + outside, outside)
        else:
            self.up = nn.ConvTranspose2d(inside, inside // 2, kernel_size=2, stride=2)
            self.conv = Double(inside // 2 + outside, outside)

    def forward(self, low, high):
        low = self.up(low)
        dy, dx = high.size()[2] - low.size()[2], high.size()[3] - low.size()[3]
        low = F.pad(low, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        return self.conv(torch.cat([high, low], dim=1))


class UNet(nn.Module):
    def __init__(self, channels=3, classes=2):
        super().__init__()
        self.start = Double(channels, 4)
        self.down1 = nn.Sequential(nn.MaxPool2d(2), Double(4, 8))
        self.down2 = nn.Sequential(nn.MaxPool2d(2), Double(8, 16))
        self.up1 = Up(16, 8, bilinear=False)
        self.up2 = Up(8, 4, bilinear=True)
        self.end = nn.Conv2d(4, classes, kernel_size=1)

    def forward(self, x):
        x1 = self.start(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        return self.end(self.up2(self.up1(x3, x2), x1))


def dice(probabilities, target):
    both = (probabilities * target).sum(dim=(-1, -2))
    return 1 - ((2 * both + 1e-6) / (probabilities.sum(dim=(-1, -2)) + target.sum(dim=(-1, -2)) + 1e-6)).mean()


model = same_weights(UNet())
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, weight_decay=1e-8, momentum=0.9, foreach=True)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", patience=2)
scaler = torch.cuda.amp.GradScaler(enabled=False)
criterion = nn.CrossEntropyLoss()
images = numbers(2, 3, 13, 18, seed=1)
masks = (images.sum(1) > 0).long()
for step in range(10):
    with torch.autocast("cpu", enabled=False):
        predicted = model(images)
        loss = criterion(predicted, masks)
        loss += dice(F.softmax(predicted, dim=1).float(), F.one_hot(masks, 2).permute(0, 3, 1, 2).float())
    optimizer.zero_grad(set_to_none=True)
    scaler.scale(loss).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    scheduler.step(-loss.item())
    print(f"step {step}: loss {loss.item():.6f}")
model.eval()
with torch.no_grad():
    print("pixels", (model(images).argmax(dim=1) == masks).float().mean().item())
