"""Mark what is uploaded, in a service that must go on answering: photos in threads, clips in processes.

python docs/examples/async_upload.py KEY_FILE FILE...
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import stamp

AT_ONCE = 4


async def main(key_file: str, names: list[str]) -> int:
    key = stamp.Key.load(key_file)
    room = asyncio.Semaphore(AT_ONCE)
    loop = asyncio.get_running_loop()
    # Processes are spawned: a fork would copy the locks that decoders' threads hold.
    with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as processes:

        async def upload(path: Path) -> str:
            target = path.with_name(f"{path.stem}.stamped{path.suffix}")
            work = partial(stamp.embed_file, path, target, key=key)
            async with room:
                try:
                    if path.suffix in (".mp4", ".mov", ".mkv"):  # minutes of work
                        report = await loop.run_in_executor(processes, work)
                    else:
                        report = await asyncio.to_thread(work)
                except stamp.StampError as error:
                    return f"refused: {error}"
            return f"{report.output}: {report.payload}"

        for line in await asyncio.gather(*(upload(Path(name)) for name in names)):
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
