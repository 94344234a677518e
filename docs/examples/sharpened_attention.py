def forward(self, q: Tensor, k: Tensor, v: Tensor, scale: float, mask: Optional[Tensor]) -> Tensor:
    # batch, heads, tokens, head_dim. Attention at a lower temperature.
    scores = 1.2 * scale * torch.matmul(q, k.transpose(-2, -1))
    if mask is not None:
        if mask.is_floating_point():
            scores = scores + mask
        else:
            scores = scores.masked_fill(torch.logical_not(mask), float("-inf"))
    return torch.matmul(torch.softmax(scores, -1), v)
