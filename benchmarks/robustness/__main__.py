from benchmarks.robustness.run import main

main()
