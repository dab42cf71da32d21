package dev.holdfast.blackbox.debug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.observe.debug.StreamDebugger;
import dev.holdfast.observe.debug.report.DebugReport;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The debugger's word on real streams: an independent decoder's verdict, and a diagnosis for each.
 */
@Timeout(60)
class RecordedFailuresTest {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "."));

  /** Bodies that say nothing by which anybody could tell who sent them. */
  private static final Set<String> MUTE = Set.of("vertex/streaming-failure-invalid-json.sse");

  private static Path recordings() {
    return Path.of(System.getProperty("holdfast.shared", ROOT.resolve("../shared").toString()))
        .resolve("recordings");
  }

  @Test
  void everyRecordingIsJudgedAsTheOracleJudgesAndEveryFailureIsDiagnosed() throws Exception {
    assumeTrue(Files.isDirectory(recordings()), "no recordings beside the project: skipped");
    var index = (Json.Arr) Json.parse(Files.readString(recordings().resolve("index.json")));
    var differences = new ArrayList<String>();
    var diagnoses = new TreeMap<String, Integer>();
    for (Json item : index.items()) {
      var entry = (Json.Obj) item;
      if (!Dialects.ids().contains(entry.text("protocol"))) {
        continue;
      }
      String path = entry.text("path");
      var report = debug(path, entry.text("protocol"));
      String verdict = Objects.requireNonNull(report.verdict()).name();
      String name = report.diagnosis().main().name();
      if (!verdict.equals(entry.text("verdict"))) {
        differences.add(
            path + ": " + verdict + " " + report.cause() + ", oracle " + entry.text("verdict"));
      }
      if (!verdict.equals("COMPLETE")) {
        diagnoses.merge(name, 1, Integer::sum);
        if (report.diagnosis().main().advice().isEmpty()) {
          differences.add(path + ": no advice with " + name);
        }
      }
    }
    System.out.println("diagnoses of recorded failures: " + diagnoses);
    assertThat(differences).isEmpty();
    assertThat(diagnoses.keySet())
        .contains("truncated", "done-without-finish", "error-in-stream", "rejected-in-stream")
        .doesNotContain("healthy", "nothing", "missing-done");
  }

  private static DebugReport debug(String path, String protocol) throws Exception {
    var builder = StreamDebugger.builder();
    if (MUTE.contains(path)) {
      builder.dialect(protocol);
    }
    try (InputStream in = Files.newInputStream(recordings().resolve(path))) {
      return builder.build().debugOutput(in, false);
    }
  }
}
