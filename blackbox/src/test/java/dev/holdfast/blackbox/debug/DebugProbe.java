package dev.holdfast.blackbox.debug;

import dev.holdfast.observe.debug.StreamDebugger;
import dev.holdfast.observe.debug.report.DebugJson;
import dev.holdfast.observe.debug.report.HtmlReport;
import dev.holdfast.observe.debug.wire.DebugLimits;
import dev.holdfast.observe.debug.wire.DebugRequest;
import java.io.OutputStream;
import java.net.URI;
import java.util.List;

/** Debugs one address without a bound on bytes that matters; run with a small heap. */
final class DebugProbe {
  private static final String BODY =
      "{\"model\":\"m\",\"stream\":true,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me.\"}]}";

  private DebugProbe() {}

  /** Takes the address; prints the cause and the diagnosis. */
  public static void main(String[] args) {
    var report =
        StreamDebugger.builder()
            .limits(DebugLimits.DEFAULT.withMaxBytes(Long.MAX_VALUE))
            .recordTo(OutputStream.nullOutputStream())
            .build()
            .debugStream(DebugRequest.of(URI.create(args[0]), BODY, List.of()));
    boolean shown = HtmlReport.of(report, "").length() + DebugJson.report(report).length() > 0;
    System.out.println(
        report.cause()
            + " "
            + report.diagnosis().main().name()
            + " "
            + report.facts().pace().bodyBytes()
            + " "
            + shown);
  }
}
