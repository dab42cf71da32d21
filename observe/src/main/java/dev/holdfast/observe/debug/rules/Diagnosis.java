package dev.holdfast.observe.debug.rules;

import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was wrong, and what else is worth knowing.
 *
 * @param main the answer to "what happened to this stream?"
 * @param notes other things that were recognised
 */
public record Diagnosis(Finding main, List<Finding> notes) {
  /** In order: the first that applies explains what happened. */
  private static final List<DiagnosisRule> CAUSES =
      Stream.of(
              ConnectionRules.ALL,
              StatusRules.ALL,
              CallRules.CAUSES,
              AnswerRules.ALL,
              EndingRules.ALL)
          .flatMap(List::stream)
          .toList();

  /** In order of weight. */
  private static final List<DiagnosisRule> NOTES =
      Stream.of(CallRules.NOTES, AnswerNotes.CONTENT, DeliveryRules.ALL, AnswerNotes.CLIENTS)
          .flatMap(List::stream)
          .toList();

  /** Copies the notes. */
  public Diagnosis {
    notes = List.copyOf(notes);
  }

  /** {@return the diagnosis of an exchange; a pure function} */
  public static Diagnosis of(Facts facts) {
    if (facts.exchange().end() == WireEnd.OPEN) {
      return new Diagnosis(open(facts), List.of());
    }
    var notes = new ArrayList<Finding>();
    for (DiagnosisRule rule : NOTES) {
      var finding = rule.look(facts);
      if (finding != null) {
        notes.add(finding);
      }
    }
    for (DiagnosisRule rule : CAUSES) {
      var finding = rule.look(facts);
      if (finding != null) {
        notes.removeIf(note -> note.name().equals(finding.name()));
        return new Diagnosis(finding, notes);
      }
    }
    if (!notes.isEmpty()) {
      return new Diagnosis(notes.getFirst(), notes.subList(1, notes.size()));
    }
    return new Diagnosis(healthy(facts), List.of());
  }

  private static Finding open(Facts facts) {
    return facts.exchange().target() == null && facts.pace().bodyBytes() == 0
        ? Finding.of("nothing", Culprit.NONE, "Nothing was debugged yet.")
        : Finding.of("under-way", Culprit.NONE, "The exchange has not ended.");
  }

  private static Finding healthy(Facts facts) {
    String finish = facts.reading().finish();
    return Finding.of("healthy", Culprit.NONE, "The answer is complete, and nothing is odd.")
        .seen(finish.isEmpty() ? "" : "the model's own end: " + finish)
        .seen(
            facts.pace().known() ? "longest silence " + Words.time(facts.pace().gaps().max()) : "");
  }
}
