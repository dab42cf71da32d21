package dev.holdfast.testkit.judge;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.TrialCase.Demand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/** The trial: every case a client is judged by. */
public final class TrialCases {
  /** A client's own timeout in the trial. */
  static final long PATIENCE_SECONDS = 3;

  private static final Answer PROSE =
      Answer.ofText(
          """
          The keeper of the lighthouse wrote down every ship that passed, its name and its colours, \
          and the hour. In the winter of the long storm he wrote one hundred and twelve names, and \
          none of them twice. When the inspector came in spring he counted the lines, nodded, and \
          asked what the blank one in the middle was for. \u201cThat,\u201d said the keeper, \u201cis \
          the ship I could not see. It is in the book because it was there.\u201d \u2014 caf\u00e9, \
          \u706f\u53f0, \ud83d\udea2.\
          """);

  private static final Answer TOOL =
      Answer.ofText("I will look that up.")
          .withTool(
              "call_holdfast_1",
              "delete_files",
              "{\"path\":\"/srv/archive/2019/ledger\",\"recursive\":true,\"reason\":\"asked for by the owner\"}");

  private TrialCases() {}

  /** {@return the cases that exist in a protocol, in the order of the reports} */
  public static List<TrialCase> of(Protocol protocol) {
    var all = new ArrayList<TrialCase>();
    healthy(all, protocol);
    cuts(all);
    ends(all);
    damage(all);
    errors(all);
    silence(all);
    statuses(all);
    tools(all);
    all.addAll(new ShapeCases(PROSE, TOOL).all());
    floods(all);
    cancels(all);
    var ids = new HashSet<String>();
    for (TrialCase one : all) {
      if (!ids.add(one.id())) {
        throw new IllegalStateException("id: must be unique, was " + one.id());
      }
    }
    return all.stream().filter(one -> one.appliesTo(protocol)).toList();
  }

  private static void healthy(List<TrialCase> all, Protocol protocol) {
    all.add(prose("healthy", "nothing goes wrong", Demand.DELIVER, ""));
    all.add(prose("byte-by-byte", "every byte on its own", Demand.DELIVER, "slices@max=1"));
    all.add(
        prose(
            "slow-but-healthy",
            "an event every 80 ms, longer in all than the timeout",
            Demand.DELIVER,
            "slow@delay=80ms"));
    all.add(
        prose(
            "keep-alives-in-a-pause",
            "two seconds of keep-alives in the middle",
            Demand.DELIVER,
            "stall@token=20,for=2s,keep-alive=200ms"));
    all.add(prose("bursts", "events in bursts", Demand.DELIVER, "bursts@events=8,every=50ms"));
    // Gemini's events have no closing marker: after the last one, more may follow.
    if (protocol != Protocol.GEMINI_SSE) {
      all.add(
          prose(
              "held-open",
              "everything comes, but the connection stays open",
              Demand.DELIVER,
              "slow-close@for=1h"));
    }
    all.add(
        prose(
            "no-blank-line",
            "two events with no blank line between them",
            Demand.TELL,
            "glued-events@token=20"));
  }

  private static void cuts(List<TrialCase> all) {
    for (String place : List.of("event=0", "token=1", "token=20", "token=60", "finish")) {
      String where = place.replace("=", "-");
      all.add(prose("fin-" + where, "FIN at " + place, Demand.TELL, "cut-fin@" + place));
      all.add(prose("rst-" + where, "RST at " + place, Demand.TELL, "cut-rst@" + place));
    }
    all.add(prose("fin-head", "FIN before the response, once", Demand.TELL, "cut-fin@head"));
    all.add(prose("rst-head", "RST before the response, once", Demand.TELL, "cut-rst@head"));
    all.add(prose("fin-byte-777", "FIN inside an event", Demand.TELL, "cut-fin@byte=777"));
    all.add(prose("fin-in-head", "FIN inside the head, once", Demand.TELL, "cut-head@bytes=20"));
    all.add(
        prose(
            "fin-before-length",
            "FIN a thousand bytes before the announced length",
            Demand.TELL,
            "short-body@token=20,missing=1000"));
    all.add(
        prose("bad-chunk", "a chunk whose size is no number", Demand.TELL, "bad-chunk@token=20"));
    all.add(prose("refused", "connections refused for a while", Demand.TELL, "refused@for=300ms"));
    all.add(
        prose("fin-in-character", "FIN inside a character", Demand.TELL, "split-utf8@token=20"));
    all.add(cut("every-reply-cut", "every reply is cut by FIN", PROSE, "cut-fin@token=20"));
  }

  private static void ends(List<TrialCase> all) {
    for (String place : List.of("token=1", "token=20", "finish")) {
      String where = place.replace("=", "-");
      all.add(
          prose(
              "end-" + where,
              "a proper end of the body, too early, at " + place,
              Demand.TELL,
              "end-early@" + place));
    }
    all.add(
        prose(
            "end-without-length",
            "a body without length that ends too early",
            Demand.TELL,
            "end-by-close@token=20"));
    all.add(
        prose(
            "no-closing-marker", "everything but the closing marker", Demand.TELL, "missing-done"));
    all.add(
        prose(
            "done-without-finish",
            "[DONE] without a finish reason",
            Demand.TELL,
            "done-without-finish"));
    all.add(
        cut("every-reply-ends-early", "every reply ends too early", PROSE, "end-early@token=20"));
  }

  private static void damage(List<TrialCase> all) {
    all.add(prose("bad-json", "one event's JSON is cut", Demand.TELL, "malformed-json@token=20"));
    all.add(prose("bad-line", "one data line is damaged", Demand.TELL, "malformed-sse@token=20"));
    all.add(prose("bad-utf8", "a byte that is not UTF-8", Demand.TELL, "invalid-utf8@token=20"));
    all.add(prose("html-200", "a web page with status 200", Demand.TELL, "html-page@code=200"));
    all.add(
        prose(
            "second-start",
            "a second message inside the first",
            Demand.TELL,
            "second-start@token=20"));
  }

  private static void errors(List<TrialCase> all) {
    for (String trouble : List.of("overloaded", "server")) {
      all.add(
          prose(
              "error-" + trouble,
              "an error inside the stream: " + trouble,
              Demand.TELL,
              "error-event@token=20,trouble=" + trouble));
    }
    all.add(
        prose(
            "error-chunk",
            "an error inside an ordinary event",
            Demand.TELL,
            "error-chunk@token=20,trouble=server"));
    all.add(
        prose(
            "error-document",
            "an error document outside all events",
            Demand.TELL,
            "error-document@token=20,trouble=server"));
    all.add(
        prose(
            "finish-then-error",
            "an error right behind the finish reason",
            Demand.TELL,
            "finish-then-error@trouble=server"));
    all.add(
        cut(
            "error-every-time",
            "every reply reports an error after some text",
            PROSE,
            "error-event@token=20,trouble=server"));
  }

  private static void silence(List<TrialCase> all) {
    all.add(cut("silence-head", "no response at all", PROSE, "stall@head,for=1h"));
    all.add(cut("silence-first", "silence before the first event", PROSE, "stall@event=0,for=1h"));
    // Every later request stalls: a client that retries must stop at some time.
    all.add(
        trial(
            "silence-middle",
            "silence in the middle",
            PROSE,
            Demand.TELL,
            "stall@token=20,for=1h",
            "stall@event=0,for=1h"));
    all.add(
        trial(
            "keep-alives-for-ever",
            "keep-alives but no more text",
            PROSE,
            Demand.TELL,
            "stall@token=20,for=1h,keep-alive=500ms",
            "stall@event=0,for=1h,keep-alive=500ms"));
  }

  private static void statuses(List<TrialCase> all) {
    for (int code : new int[] {400, 401, 404}) {
      all.add(
          trial("status-" + code, "status " + code, PROSE, Demand.GIVE_UP, "status@code=" + code));
    }
    for (int code : new int[] {500, 503, 529}) {
      all.add(
          prose("status-" + code, "status " + code + ", once", Demand.TELL, "status@code=" + code));
    }
    all.add(
        prose(
            "retry-after-2s",
            "429 with Retry-After: 2, once",
            Demand.WAIT,
            "status@code=429,retry-after=2s,spelling=seconds"));
    all.add(
        prose(
            "retry-after-date",
            "429 with Retry-After as a date 2 s ahead, once",
            Demand.WAIT,
            "status@code=429,retry-after=2s,spelling=date"));
    all.add(trial("always-503", "503 to every request", PROSE, Demand.TELL, "status@code=503"));
  }

  private static void tools(List<TrialCase> all) {
    all.add(trial("tool-whole", "a whole tool call", TOOL, Demand.DELIVER, ""));
    for (String fault : List.of("cut-fin", "end-early")) {
      all.add(
          trial(
              "tool-" + fault,
              "a tool call that is always cut: " + fault,
              TOOL,
              Demand.TELL,
              fault + "@token=12"));
    }
    all.add(
        trial(
            "tool-done-without-finish",
            "a tool call, then [DONE] without a finish reason",
            TOOL,
            Demand.TELL,
            "done-without-finish"));
  }

  private static void floods(List<TrialCase> all) {
    all.add(cut("endless-line", "one line of 400 MB", PROSE, "endless-line@token=20,bytes=400m"));
  }

  private static void cancels(List<TrialCase> all) {
    all.add(
        trial(
            "cancel-flowing",
            "cancel while text arrives",
            PROSE,
            Demand.CANCEL,
            "slow@delay=80ms"));
    all.add(
        trial("cancel-silent", "cancel in silence", PROSE, Demand.CANCEL, "stall@token=20,for=1h"));
  }

  /** The fault strikes the first request only: another one could return the whole answer. */
  private static TrialCase prose(String id, String title, Demand demand, String faults) {
    return new TrialCase(id, title, PROSE, List.of(Fault.parseAll(faults), List.of()), demand);
  }

  /** The fault strikes every request: none can return the whole answer. */
  private static TrialCase cut(String id, String title, Answer answer, String faults) {
    return trial(id, title, answer, Demand.TELL, faults);
  }

  private static TrialCase trial(
      String id, String title, Answer answer, Demand demand, String... faults) {
    return new TrialCase(
        id, title, answer, Arrays.stream(faults).map(Fault::parseAll).toList(), demand);
  }
}
