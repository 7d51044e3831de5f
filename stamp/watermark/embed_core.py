"""Embedding on the canonical grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .carrier import PERIOD, SYMBOLS, Carriers
from .coding import CODED_BITS
from .channel import jpeg
from .filters import whiten
from .statistic import activity, coverage, fold, normalise, observe, pad_to_tiles, weight, CLIP
from .sync import spectrum_at, window
from .wavelet import LEVELS, MARGIN, Detail, analyse, synthesise

Plane = NDArray[np.float32]
PARAM = dict(
    sync_rounds=1, sync_target=40, share_min=0.13, share_max=0.3, gamma=0.5, band=(0.7, 1.0, 1.15, 1.1), sync_share=0.15, floor=0.7, rounds=3,
    psnr=42.0, s=0.7, jpeg=(), damp=1.0, channels=[(0, (1, 1, 1, 1), 1.0, 0), (0, (0, 1, 1, 1), 0.8, 0), (0, (0, 0, 1, 1), 0.5, 0)],
)


def mark(plane: Plane, code: NDArray[np.float32], carriers: Carriers, P=PARAM) -> Plane:
    """plane: canonical luma, float32 0..255. code: (CODED_BITS,) of +-1. Returns the delta."""
    h, w = plane.shape
    signs = np.concatenate([code, [1, 1]]).astype(np.float32)
    cover = coverage(plane.shape, (0, 0), None)
    approx, details = analyse(pad_to_tiles(plane))
    act = [activity(d) for d in details]
    masks = [np.float32(P["band"][l]) * (1 + a) ** np.float32(P["gamma"]) for l, a in enumerate(act)]
    cap = 255 / 10 ** (P["psnr"] / 20)
    share_l = (0.75, 0.1875, 0.047, 0.0117)

    def visible(gamma):
        return P["s"] * np.sqrt(np.mean([4 * wt * float(((cover[l] > 0) * (1 + a) ** np.float32(2 * gamma)).sum() / cover[l].sum()) for l, (a, wt) in enumerate(zip(act, share_l))]))

    gamma = P["gamma"]
    if P.get("flatten", True) and visible(gamma) > cap:
        lo, hi = 0.0, gamma
        for _ in range(8):
            gamma = (lo + hi) / 2
            lo, hi = (lo, gamma) if visible(gamma) > cap else (gamma, hi)
        gamma = lo
    rms = min(visible(gamma), cap)
    masks = [np.float32(P["band"][l]) * (1 + a) ** np.float32(gamma) for l, a in enumerate(act)]

    def trim(x):
        return x[MARGIN : MARGIN + h, MARGIN : MARGIN + w]

    zero = np.zeros_like(approx)
    # constellation
    f = carriers.frequencies
    host = spectrum_at(whiten(plane) * np.outer(window(h), window(w)), f)
    amp = np.hypot(f[:, 0], f[:, 1]) ** -0.5 * np.exp(1j * np.angle(host))
    ry = np.exp(2j * np.pi * np.outer(np.arange(-MARGIN, details[0].shape[1] * 2 - MARGIN), f[:, 0])) * amp
    rx = np.exp(2j * np.pi * np.outer(f[:, 1], np.arange(-MARGIN, details[0].shape[2] * 2 - MARGIN)))
    waves = (ry.real @ rx.real - ry.imag @ rx.imag).astype(np.float32)
    a0, dw = analyse(waves)
    smask = [(1 + a) ** np.float32(gamma) for a in act]
    sync = trim(synthesise(np.zeros_like(a0), [m * d for m, d in zip(smask, dw)]))
    sync /= np.sqrt((sync**2).mean())
    fade = np.outer(window(h), window(w)).astype(np.float32)
    share = P["sync_share"]
    for _ in range(P["sync_rounds"]):
        faded = whiten(plane + sync * np.float32(rms * share**0.5)) * fade
        around = np.array([(0, 0), *[(dy, dx) for dy in (-3.5, 0.5, 4.5) for dx in (-4.5, -2.5, 2.5, 4.5)]]) / PERIOD
        p = np.abs(spectrum_at(faded, (f[:, None] + around).reshape(-1, 2))).reshape(len(f), -1) ** 2
        lines = p[:, 0] / p[:, 1:].mean(1)
        reached = (np.minimum(lines, 16) - 1).sum() / len(f) ** 0.5
        share = float(np.clip(share * P["sync_target"] / max(reached, 1), P["share_min"], P["share_max"]))
    P = {**P, "sync_share": share}
    if P.get("debug"): print("      share %.3f reached %.1f" % (share, reached))
    sync *= np.float32(rms * share**0.5)

    # per level: gain of each bit's statistic, energy, variance
    gains, energies, varis = [], [], []
    n = SYMBOLS
    inv_var = []
    for l in range(LEVELS):
        index = carriers.index[l]
        y = normalise(details[l], act[l]) * cover[l]
        inv = cover[l].sum() / (y * y).sum((1, 2))
        inv_var.append(inv)
        unsat = (np.abs(details[l]) < CLIP * act[l]) * cover[l]
        gm = fold(unsat * (masks[l] * weight(act[l]) / act[l]), PERIOD >> (l + 1), MARGIN >> (l + 1))
        em = fold(np.broadcast_to(masks[l] ** 2 * cover[l], y.shape), PERIOD >> (l + 1), MARGIN >> (l + 1))
        cm = fold(np.broadcast_to(cover[l], y.shape), PERIOD >> (l + 1), MARGIN >> (l + 1))
        gains.append(np.bincount(index.ravel(), (gm * inv[:, None, None]).ravel(), n))
        energies.append(np.bincount(index.ravel(), em.ravel(), n))
        varis.append(np.bincount(index.ravel(), (cm * inv[:, None, None]).ravel(), n))
    gains, energies, varis = map(np.array, (gains, energies, varis))  # (L, n)

    def level_stats(dets):
        ob = observe(dets, cover, carriers)
        s = ob.soft * np.concatenate(inv_var)[:, None]
        return s.reshape(LEVELS, 3, n).sum(1) * signs

    def build(x):
        out = []
        for l in range(LEVELS):
            chips = (x[l] * signs).astype(np.float32)[carriers.index[l]] * carriers.sign[l]
            side = PERIOD >> (l + 1)
            hh, ww = details[l].shape[1:]
            lead = -(MARGIN >> (l + 1)) % side
            rep = np.tile(chips, (1, (hh + lead) // side + 1, (ww + lead) // side + 1))[:, lead : lead + hh, lead : lead + ww]
            out.append(masks[l] * rep)
        return trim(synthesise(zero, out))

    budget = rms**2 * (1 - P["sync_share"]) * h * w
    measures = [lambda p: p] + [(lambda p, q=q: jpeg(p, q)) for q in P["jpeg"]]
    C = P["channels"]  # list of (measure, level switch, rho)
    M = len(measures)

    def measure(d):
        return np.array([level_stats(analyse(pad_to_tiles(f(plane + d)))[1]) for f in measures])

    host_stat = measure(sync) if P["jpeg"] else None
    x_rms = np.sqrt(budget / energies.sum())
    floor = P["floor"] * x_rms
    x = np.full_like(gains, x_rms)
    delta = sync + build(x)
    S = measure(delta)
    K = np.ones((M, LEVELS))
    amp_l = (gains.sum(1) / varis.sum(1))
    for r in range(P["rounds"]):
        gx = gains * x
        if M > 1:
            for m in range(1, M):
                K[m] = np.clip(((S[m] - host_stat[m]) * 1.0).sum(1) / gx.sum(1), 0.02, 1)
        R = S - K[:, :, None] * gx
        W = np.array([amp_l * K[m] * np.array(sw) for m, sw, *_ in C])
        sd = np.sqrt((W**2) @ varis)
        Wg = np.array([(W[c] * K[C[c][0]])[:, None] * gains for c in range(len(C))])
        step = Wg / (2 * energies)
        q = (Wg * step).sum(1)
        ridge = np.array([c[3] for c in C])[:, None] * np.median(q, axis=1, keepdims=True)
        base = np.array([W[c] @ (R[C[c][0]] + K[C[c][0]][:, None] * gains * floor) for c in range(len(C))])

        def solve(tau):
            lam = np.zeros_like(base)
            u = np.zeros_like(gains)
            for _ in range(5):
                for c in range(len(C)):
                    cur = base[c] + (Wg[c] * u).sum(0)
                    new = np.maximum((tau * C[c][2] * sd[c] - cur + q[c] * lam[c]) / (q[c] + ridge[c]), 0)
                    u += (new - lam[c]) * step[c]
                    lam[c] = new
            u[:, CODED_BITS:] = u[:, :CODED_BITS].mean(1, keepdims=True)
            return floor + u

        lo, hi = 0.0, 40.0
        for _ in range(11):
            mid = (lo + hi) / 2
            if (energies * solve(mid) ** 2).sum() > budget:
                hi = mid
            else:
                lo = mid
        x_new = solve(lo)
        x = x + P["damp"] * (x_new - x)
        mk = build(x)
        k = np.sqrt(budget / (mk**2).sum())
        delta = sync + mk * k
        x = x * k
        if r < P["rounds"] - 1:
            S = measure(delta)
    return delta
