package dev.holdfast.testkit.link;

import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.json.PrettyJson;
import dev.holdfast.testkit.wire.EventFraming;
import dev.holdfast.testkit.wire.WireTemplates;
import dev.holdfast.testkit.wire.WireTemplates.ErrorKind;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Works in the faults of the events' content: errors where none are expected, order, counts.
 *
 * @param message the errors' message
 */
record ContentFaults(WireTemplates templates, String message) {
  private static final int BLOCK = 8192;

  private static final Pattern RESPONSE_ID = Pattern.compile("\"response\":\\{\"id\":\"([^\"]+)\"");

  void work(Fault.FinishThenError fault, StepList program) {
    int finish = program.nextEvent(0, event -> event.kind() == Kind.FINISH);
    if (finish >= 0) {
      int number = program.eventsBefore(finish + 1);
      String error = templates.errorEvent(ErrorKind.of(fault.trouble()), message, number);
      // The last element of an array has no comma that another one could follow.
      String gap = templates.framing() == EventFraming.ARRAY ? ",\r\n" : "";
      program.endAt(
          finish + 1,
          new Step.Mark(fault),
          Step.Event.of(Kind.STRUCTURE, gap + error),
          new Step.End());
    }
  }

  void work(Fault.ErrorChunk fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0 && isStream(program)) {
      int number = program.numberAt(index);
      String id = responseId(program);
      String error = templates.errorChunk(ErrorKind.of(fault.trouble()), message, number);
      program.endAt(
          index,
          new Step.Mark(fault),
          Step.Event.of(Kind.STRUCTURE, error.replace("\"resp_failed\"", '"' + id + '"')),
          new Step.End());
    }
  }

  /** Of the response that fails: the events around name it, also where it is taken up again. */
  private static String responseId(StepList program) {
    for (Step step : program.steps()) {
      if (step instanceof Step.Event(var kind, byte[] bytes)) {
        Matcher id = RESPONSE_ID.matcher(new String(bytes, StandardCharsets.UTF_8));
        if (id.find()) {
          return id.group(1);
        }
      }
    }
    return "resp_failed";
  }

  void work(Fault.ErrorDocument fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0 && isStream(program)) {
      ErrorKind kind = ErrorKind.of(fault.trouble());
      String document = PrettyJson.of(templates.errorDocument(kind, kind.status(), message));
      program.endAt(
          index,
          new Step.Mark(fault),
          Step.Event.of(Kind.STRUCTURE, document + "\n"),
          new Step.End());
    }
  }

  void work(Fault.SwapEvents fault, StepList program) {
    int from = program.find(fault.at());
    int first = program.nextEvent(from, ContentFaults::isText);
    int second = first < 0 ? -1 : program.nextEvent(first + 1, ContentFaults::isText);
    if (from >= 0 && second >= 0) {
      Step early = program.step(first);
      program.replace(first, program.step(second));
      program.replace(second, early);
      program.insert(first, new Step.Mark(fault));
    }
  }

  void work(Fault.DropEvent fault, StepList program) {
    int from = program.find(fault.at());
    int index = program.nextEvent(from, ContentFaults::isText);
    if (from >= 0 && index >= 0) {
      program.replace(index, new Step.Mark(fault));
    }
  }

  private static boolean isText(Step.Event event) {
    return event.kind() == Kind.CONTENT;
  }

  void work(Fault.NoUsage fault, StepList program) {
    program.insert(0, new Step.Mark(fault));
    for (int i = program.nextEvent(0, event -> true);
        i >= 0;
        i = program.nextEvent(i, event -> true)) {
      Step.Event event = (Step.Event) program.step(i);
      String text = new String(event.bytes(), StandardCharsets.UTF_8);
      String without = templates.withoutUsage(event.kind(), text);
      if (without.isEmpty()) {
        program.replace(i);
      } else {
        program.replace(i++, Step.Event.of(event.kind(), without));
      }
    }
  }

  void work(Fault.TinyEvents fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0 && isStream(program)) {
      byte[] event = templates.framing().event("{}").getBytes(StandardCharsets.UTF_8);
      String block = templates.framing().event("{}").repeat(BLOCK / event.length);
      program.insert(
          index,
          new Step.Mark(fault),
          new Step.Fill(
              block.getBytes(StandardCharsets.UTF_8), (long) event.length * fault.events()));
    }
  }

  private static boolean isStream(StepList program) {
    return program.nextEvent(0, event -> event.kind() == Kind.DOCUMENT) < 0;
  }
}
