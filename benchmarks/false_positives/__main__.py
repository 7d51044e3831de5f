from benchmarks.false_positives.run import main

main()
