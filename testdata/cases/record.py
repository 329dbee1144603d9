#!/usr/bin/env python3
"""Writes what JVMs say about the cases of a file, as generated-java.tsv has it of generated.tsv.

    python3 record.py generated.tsv JAVA... > generated-java.tsv

JAVA are paths of `java`, the newest last; javac must be on the path. A line: id, JVM, verdict, exception chain. Lines
equal to the one before, but for the JVM, share it: their versions stand together, with commas.
"""
import collections, os, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
cases = sys.argv[1]
answers = collections.OrderedDict()
with tempfile.TemporaryDirectory() as folder:
    oracle = os.path.join(here, "../../tests/it/java/JavaOracle.java")
    subprocess.run(["javac", "--release", "11", "-Xlint:-options", "-nowarn", "-d", folder, oracle], check=True)
    for java in sys.argv[2:]:
        shown = subprocess.run([java, "-XshowSettings:properties", "-version"], capture_output=True, text=True).stderr
        version = next(l.split("=")[1].strip() for l in shown.splitlines() if l.strip().startswith("java.version ="))
        out = os.path.join(folder, "answers.tsv")
        subprocess.run([java, "-Xss64m", "-Duser.timezone=UTC", "-cp", folder, "JavaOracle",
                        cases, out], check=True)
        for line in open(out, encoding="utf-8"):
            identifier, verdict, why = line.rstrip("\n").split("\t")
            answers.setdefault((identifier, verdict, why), []).append(version)
order = [line.split("\t")[0] for line in open(cases, encoding="utf-8")]
place = {identifier: index for index, identifier in enumerate(order)}
for (identifier, verdict, why), versions in sorted(answers.items(), key=lambda item: place[item[0][0]]):
    print("\t".join([identifier, ",".join(versions), verdict, why]))
