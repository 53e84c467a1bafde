import argparse
import numpy as np
from itertools import count
from collections import deque
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Categorical
from same_weights import same_weights
class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(4, 16)
        self.action_head = nn.Linear(16, 2)
        self.value_head = nn.Linear(16, 1)
        self.saved_actions = []
        self.rewards = []
    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)
policy = Policy(); same_weights(policy)
optimizer = optim.Adam(policy.parameters(), lr=3e-2)
eps = np.finfo(np.float32).eps.item()
rng = np.random.default_rng(0)
def select_action(state):
    state = torch.from_numpy(state).float()
    probs, value = policy(state)
    m = Categorical(probs)
    action = m.sample()
    action = torch.tensor(int(rng.integers(2)))
    policy.saved_actions.append((m.log_prob(action), value))
    return action.item()
for ep in range(10):
    for t in range(8):
        a = select_action(rng.standard_normal(4)); policy.rewards.append(float(a))
    R = 0; policy_losses = []; value_losses = []; returns = deque()
    for r in policy.rewards[::-1]:
        R = r + 0.99 * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    for (log_prob, value), R in zip(policy.saved_actions, returns):
        advantage = R - value.item()
        policy_losses.append(-log_prob * advantage)
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum()
    loss.backward()
    optimizer.step()
    del policy.rewards[:]; del policy.saved_actions[:]
    print('Episode {} loss: {:.6f}'.format(ep, loss.item()))
