package dev.holdfast.testkit.judge;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.judge.TrialCase.Demand;
import java.util.List;

/** The cases of answers outside their protocol. */
final class ShapeCases {
  private static final String PLACE = "@token=20";

  private final Answer prose;

  /** The same call twice, of one tool, so that one can be taken for the other. */
  private final Answer calls;

  ShapeCases(Answer prose, Answer call) {
    this.prose = prose;
    this.calls =
        call.withTool(
            "call_holdfast_2",
            "delete_files",
            "{\"path\":\"/srv/archive/2020/index\",\"recursive\":false,\"reason\":\"asked for, too\"}");
  }

  /** {@return the cases, in the order of the reports} */
  List<TrialCase> all() {
    return List.of(
        always(Shape.MISNUMBERED_CALLS, "fragments of the second call at another index"),
        always(Shape.NAMELESS_FRAGMENTS, "fragments at indexes that no call opened"),
        always(Shape.ONE_INDEX, "two calls at one index"),
        always(Shape.CUMULATIVE_ARGUMENTS, "each fragment repeats all before it"),
        always(Shape.IDLESS_CALLS, "two whole calls without ids at one index"),
        always(Shape.OBJECT_ARGUMENTS, "arguments as an object"),
        always(Shape.EMPTY_OBJECT_OPENING, "an empty object, then fragments"),
        always(Shape.UNOPENED_BLOCK, "a call whose block was never opened"),
        limited(Shape.CALL_AT_LIMIT, "the token limit inside a call's arguments"),
        limited(Shape.BLANK_CALL_AT_LIMIT, "the token limit before a call's arguments"),
        limited(Shape.MALFORMED_CALL_FINISH, "calls that the provider could not read"),
        once(Shape.FAILED_FINISH, "the finish reason is error"),
        once(Shape.NETWORK_ERROR_FINISH, "the finish reason is network-error"),
        once(Shape.NATIVE_ERROR_FINISH, "stop, and beside it that the model failed"),
        once(Shape.MISLABELLED_ERROR, "a cut upstream, reported as a bad request"),
        once(Shape.SECOND_ANSWER, "another answer behind the first, in one body"),
        of(
            Shape.EMPTY_ANSWER,
            "an answer without one character",
            Answer.ofText(""),
            Demand.DELIVER,
            Shape.EMPTY_ANSWER.id()),
        whole(Shape.TEXT_AT_END, "the text in the closing event alone", ""),
        once(Shape.GLUED_DONE, "the last events without blank lines", Demand.TELL, ""),
        whole(Shape.EMPTY_PING, "signs of life without data", PLACE));
  }

  /** Every reply is written so; another one would not help. */
  private TrialCase always(Shape shape, String title) {
    return of(shape, title, calls, Demand.TELL, shape.id());
  }

  /** A cut call must not be executed. To call the answer ended is no lie: its end reports it. */
  private TrialCase limited(Shape shape, String title) {
    return of(shape, title, calls, Demand.HOLD_BACK, shape.id());
  }

  private TrialCase once(Shape shape, String title) {
    return once(shape, title, Demand.TELL, PLACE);
  }

  private TrialCase once(Shape shape, String title, Demand demand, String place) {
    return new TrialCase(
        shape.id(), title, prose, List.of(Fault.parseAll(shape.id() + place), List.of()), demand);
  }

  private TrialCase whole(Shape shape, String title, String place) {
    return of(shape, title, prose, Demand.DELIVER, shape.id() + place);
  }

  private static TrialCase of(
      Shape shape, String title, Answer answer, Demand demand, String fault) {
    return new TrialCase(shape.id(), title, answer, List.of(Fault.parseAll(fault)), demand);
  }
}
