package dev.holdfast.core.tools;

import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Joins the fragments of tool calls and decides which calls are whole. Takes all events of an
 * answer, in order; those that concern no call are ignored. Not thread-safe.
 *
 * <p>A call is whole if its protocol closed it and the finish is one that calls end with: a stop or
 * a request for tools. Then blank arguments mean {@code {}}. After a limit, a filter, a pause, an
 * error or no finish at all, calls need more proof. The last call of the choice is whole only if
 * its arguments are a closed object or array that is not empty. Any other call is whole only if its
 * arguments are JSON, or blank and closed by the protocol itself. A call that the provider reported
 * as incomplete, or that has no name, is never whole.
 *
 * <p>A finish ends what came before it. A stop sequence ends no call by itself, and an unknown
 * finish is not undone by a later one. Arguments without a call leave every blank call in doubt.
 *
 * <p>Pieces that each repeat all before them are snapshots, of which the last one counts, if their
 * sum is no JSON. So are objects each of which contains the one before it.
 *
 * <p>Holds all arguments in memory; the readers of {@code core.dialect} bound them.
 */
public final class ToolCallAssembler implements Consumer<StreamEvent> {
  private static final int MIN_REPEATED = 4;

  /** Finishes that are neither natural nor an end of anything else. */
  private static final String UNSPECIFIED = "FINISH_REASON_UNSPECIFIED";

  private final List<Call> calls = new ArrayList<>();
  private Map<Integer, Finish> finishes = Map.of();

  /** When the last finish of each choice came. */
  private Map<Integer, Long> finished = Map.of();

  /** Choices with a finish that is unknown or a stop sequence: it may have cut the last call. */
  private Set<Integer> unclear = Set.of();

  private boolean failed;
  private long clock;

  /** Makes one without calls. */
  public ToolCallAssembler() {}

  private static final class Call {
    private final int choice;
    private final int number;
    private String id = "";
    private String name = "";
    private String signature = "";
    private final StringBuilder arguments = new StringBuilder();
    private final Set<ToolCallMark> marks = EnumSet.noneOf(ToolCallMark.class);
    private boolean ready;
    private long touched;

    /** When the last fragment came, also one without arguments. */
    private long grown;

    private int pieces;

    /** Where the last piece begins. */
    private int last;

    /** Whether every piece so far began with the whole piece before it. */
    private boolean repeats = true;

    Call(int choice, int number) {
      this.choice = choice;
      this.number = number;
    }

    void add(String piece) {
      if (piece.isEmpty()) {
        return;
      }
      int before = arguments.length() - last;
      repeats &=
          pieces == 0
              || (piece.length() >= before
                  && arguments.indexOf(piece.substring(0, before), last) == last);
      last = arguments.length();
      arguments.append(piece);
      pieces++;
    }
  }

  /** Takes the next event. */
  @Override
  public void accept(StreamEvent event) {
    switch (event) {
      case StreamEvent.ToolCallDelta delta -> {
        var call = call(delta.choice(), delta.call());
        call.id = call.id.isEmpty() ? delta.id() : call.id;
        call.name = call.name.isEmpty() ? delta.name() : call.name;
        call.add(delta.arguments());
        call.grown = ++clock;
        if (call.touched == 0 || !delta.arguments().strip().equals("{}")) {
          // An empty object may be handed on late; the answer was elsewhere by then.
          call.touched = ++clock;
        }
      }
      case StreamEvent.ToolCallMarked(int choice, int number, var mark) ->
          call(choice, number).marks.add(mark);
      case StreamEvent.ToolCallSigned(int choice, int number, var signature) ->
          call(choice, number).signature = signature;
      case StreamEvent.ToolCallReady(ToolCall whole) -> {
        var call = new Call(whole.choice(), -1);
        call.id = whole.id();
        call.name = whole.name();
        call.signature = whole.signature();
        call.arguments.append(whole.arguments());
        call.ready = true;
        calls.add(call);
      }
      case StreamEvent.Finished(int choice, Finish finish) -> {
        if (finishes.isEmpty()) {
          finishes = new HashMap<>();
          finished = new HashMap<>();
          unclear = new HashSet<>();
        }
        var before = finishes.get(choice);
        finishes.put(choice, before == null ? finish : Finish.last(before, finish));
        finished.put(choice, ++clock);
        if (isUnclear(finish)) {
          unclear.add(choice);
        }
      }
      case StreamEvent.ErrorReported error -> failed = true;
      default -> {} // Concerns no call.
    }
  }

  private Call call(int choice, int number) {
    // Fragments come one call after another, so the one looked for is nearly always the last.
    for (int i = calls.size() - 1; i >= 0; i--) {
      var call = calls.get(i);
      if (call.choice == choice && call.number == number) {
        return call;
      }
    }
    var call = new Call(choice, number);
    calls.add(call);
    return call;
  }

  /** {@return whether no fragment of any call has come} */
  public boolean isEmpty() {
    return calls.isEmpty();
  }

  /** {@return all calls in order of appearance, judged by what has come so far} */
  public List<AssembledCall> calls() {
    var judged = new ArrayList<AssembledCall>(calls.size());
    for (var call : calls) {
      judged.add(judge(call));
    }
    return List.copyOf(judged);
  }

  /** {@return the whole calls, in order of appearance} */
  public List<ToolCall> whole() {
    var whole = new ArrayList<ToolCall>();
    for (var call : calls()) {
      if (call.isWhole()) {
        whole.add(call.call());
      }
    }
    return List.copyOf(whole);
  }

  /** {@return the calls that are not whole, in order of appearance} */
  public List<AssembledCall> cut() {
    var cut = new ArrayList<AssembledCall>();
    for (var call : calls()) {
      if (!call.isWhole()) {
        cut.add(call);
      }
    }
    return List.copyOf(cut);
  }

  private AssembledCall judge(Call call) {
    String joined = call.arguments.toString();
    if (call.ready) {
      return new AssembledCall(tool(call, joined), null, false);
    }
    if (call.marks.contains(ToolCallMark.FREE_FORM)) {
      return judged(call, joined, freeForm(call), false);
    }
    var shape = ArgumentShape.of(joined);
    if (shape == ArgumentShape.SEVERAL && GrowingObjects.is(joined, call.pieces)) {
      // Each of them is closed by its writer's doing, so only the protocol can end the call.
      boolean whole =
          !call.marks.contains(ToolCallMark.INCOMPLETE)
              && !call.marks.contains(ToolCallMark.DISPUTED)
              && (isClosed(call) || isClosedBefore(call));
      return judged(
          call,
          joined.substring(call.last),
          whole ? null : early(call, CutReason.CUMULATIVE),
          true);
    }
    // Joined or repeated: of two readings of the same pieces at most one is JSON.
    boolean cumulative =
        call.repeats
            && call.pieces > 1
            && (shape == ArgumentShape.NOT_JSON
                || shape == ArgumentShape.ENDS_EARLY
                || shape == ArgumentShape.SEVERAL);
    if (cumulative) {
      String snapshot = joined.substring(call.last);
      var own = ArgumentShape.of(snapshot);
      if (own == ArgumentShape.CLOSED) {
        return judged(call, snapshot, reason(call, own), true);
      }
      // One short piece may begin like the one before it by chance.
      if (shape != ArgumentShape.ENDS_EARLY || call.pieces > 2 || call.last >= MIN_REPEATED) {
        return judged(call, joined, early(call, CutReason.CUMULATIVE), true);
      }
    }
    return judged(call, shape == ArgumentShape.BLANK ? "{}" : joined, reason(call, shape), false);
  }

  private AssembledCall judged(
      Call call, String arguments, @Nullable CutReason cut, boolean cumulative) {
    var reason = call.name.isBlank() ? CutReason.NO_NAME : cut;
    String full = reason == null ? arguments : call.arguments.toString();
    return new AssembledCall(tool(call, full), reason, cumulative);
  }

  private static ToolCall tool(Call call, String arguments) {
    return new ToolCall(call.choice, call.id, call.name, arguments, call.signature);
  }

  private @Nullable CutReason freeForm(Call call) {
    boolean whole =
        !call.marks.contains(ToolCallMark.INCOMPLETE) && (isClosed(call) || isClosedBefore(call));
    return whole ? null : early(call, CutReason.NOT_CLOSED);
  }

  /** Whether arguments came that belong to no call, and this one has none. */
  private boolean mayLackArguments(Call call) {
    return call.arguments.isEmpty()
        && calls.stream()
            .anyMatch(other ->
                other.choice == call.choice && other.name.isBlank() && !other.arguments.isEmpty());
  }

  private @Nullable CutReason reason(Call call, ArgumentShape shape) {
    if (call.marks.contains(ToolCallMark.INCOMPLETE)) {
      return early(call, CutReason.NOT_CLOSED);
    }
    boolean disputed = call.marks.contains(ToolCallMark.DISPUTED) || mayLackArguments(call);
    return switch (shape) {
      case CLOSED -> null;
      case BLANK ->
          disputed
              ? CutReason.SHARED_INDEX
              : isClosed(call) || isClosedBefore(call) ? null : early(call, CutReason.NOT_CLOSED);
      case SLIGHT ->
          isClosed(call) || (!isLast(call) && !call.marks.contains(ToolCallMark.UNCLOSED))
              ? null
              : disputed ? CutReason.SHARED_INDEX : early(call, CutReason.NOT_CLOSED);
      case ENDS_EARLY -> disputed ? CutReason.SHARED_INDEX : early(call, CutReason.ENDS_EARLY);
      case SEVERAL -> disputed ? CutReason.SHARED_INDEX : CutReason.SEVERAL_VALUES;
      case NOT_JSON -> disputed ? CutReason.SHARED_INDEX : early(call, CutReason.NOT_JSON);
    };
  }

  /** {@return what ended the answer inside the call; {@code otherwise} after a natural finish} */
  private CutReason early(Call call, CutReason otherwise) {
    if (failed) {
      return CutReason.PROVIDER_FAILED;
    }
    var finish = finishes.get(call.choice);
    if (finish == null) {
      return otherwise;
    }
    return switch (finish.reason()) {
      case LENGTH -> CutReason.TOKEN_LIMIT;
      case CONTENT_FILTER, REFUSAL -> CutReason.FILTERED;
      case PAUSE -> CutReason.PAUSED;
      case ERROR -> CutReason.PROVIDER_FAILED;
      case STOP, TOOL_CALLS, OTHER -> otherwise;
    };
  }

  private static boolean isUnclear(Finish finish) {
    return switch (finish.reason()) {
      case STOP -> finish.raw().equalsIgnoreCase("stop_sequence");
      case OTHER -> !finish.raw().equalsIgnoreCase(UNSPECIFIED);
      case LENGTH, TOOL_CALLS, REFUSAL, CONTENT_FILTER, PAUSE, ERROR -> false;
    };
  }

  /** Whether protocol and finish agree that nothing of the call is missing. */
  private boolean isClosed(Call call) {
    if (failed || unclear.contains(call.choice) || call.marks.contains(ToolCallMark.UNCLOSED)) {
      return false;
    }
    var finish = finishes.get(call.choice);
    if (finish == null || finished.getOrDefault(call.choice, 0L) < call.grown) {
      return false;
    }
    return switch (finish.reason()) {
      case STOP, TOOL_CALLS -> true;
      case LENGTH, CONTENT_FILTER, REFUSAL, PAUSE, ERROR, OTHER -> false;
    };
  }

  /** Whether the protocol closed the call by itself, and the answer ended in another one. */
  private boolean isClosedBefore(Call call) {
    return !isLast(call)
        && call.marks.contains(ToolCallMark.CLOSED)
        && !call.marks.contains(ToolCallMark.UNCLOSED);
  }

  /** Whether the answer may have ended inside the call: no other one came or was reported later. */
  private boolean isLast(Call call) {
    boolean newest = true;
    boolean latest = true;
    for (var other : calls) {
      if (other != call && other.choice == call.choice) {
        newest &= other.number < call.number;
        latest &= other.touched < call.touched;
      }
    }
    return newest || latest;
  }
}
