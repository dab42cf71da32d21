package dev.holdfast.testkit.link;

import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server sends that keeps its replies and does not hand out the rest that was asked for. The
 * fault server and the simulator send the same.
 */
public final class CursorLies {
  /** What marks the words of another answer. */
  private static final String OTHER = "~";

  private static final Pattern NUMBER = Pattern.compile(",\"sequence_number\":(\\d{1,9})");
  private static final Pattern DELTA =
      Pattern.compile("\"delta\":\"((?:[^\"\\\\]|\\\\.)*+)\"", Pattern.DOTALL);

  private static final int MISSING = 3;

  private CursorLies() {}

  /**
   * {@return the events that a resumed reply has instead of the rest; the rest itself if there is
   * nothing to lie about}
   *
   * @param lie one of those that are {@link Shape#isOfResumed}
   * @param protocol how the reply is written
   * @param all the events of the whole reply
   * @param rest those that were asked for; the first may be the end of an event
   */
  public static List<WireFrame> of(
      Shape lie, Protocol protocol, List<WireFrame> all, List<WireFrame> rest) {
    if (rest.isEmpty()) {
      return rest;
    }
    boolean counted = protocol == Protocol.OPENAI_RESPONSES;
    return switch (lie) {
      case RESUMED_AT_THE_END -> List.of(rest.getLast());
      case RESUMED_AT_AN_EMPTY_END -> List.of(withoutOutput(rest.getLast()));
      case RESUMED_ONE_TOO_LOW ->
          counted ? rest.stream().map(CursorLies::oneLess).toList() : oneByteEarlier(all, rest);
      case RESUMED_IN_ANOTHER_ANSWER ->
          counted ? another(all, rest) : fromByte(another(all, all), offset(all, rest));
      case RESUMED_BEHIND_A_GAP -> {
        var left = new ArrayList<>(rest);
        int missing = Math.min(MISSING, left.size() - 2);
        if (missing > 0) {
          left.subList(1, 1 + missing).clear();
        }
        yield left;
      }
      case RESUMED_FROM_THE_START -> all.stream().map(CursorLies::unnumbered).toList();
      case MISNUMBERED_CALLS,
          NAMELESS_FRAGMENTS,
          ONE_INDEX,
          CUMULATIVE_ARGUMENTS,
          IDLESS_CALLS,
          CALL_AT_LIMIT,
          BLANK_CALL_AT_LIMIT,
          OBJECT_ARGUMENTS,
          EMPTY_OBJECT_OPENING,
          UNOPENED_BLOCK,
          FAILED_FINISH,
          NETWORK_ERROR_FINISH,
          NATIVE_ERROR_FINISH,
          MALFORMED_CALL_FINISH,
          EMPTY_ANSWER,
          SECOND_ANSWER,
          TEXT_AT_END,
          MISLABELLED_ERROR,
          GLUED_DONE,
          EMPTY_PING ->
          throw new IllegalArgumentException("lie: must be of a resumed reply, was " + lie.id());
    };
  }

  private static WireFrame with(WireFrame frame, String text) {
    return new WireFrame(frame.kind(), text);
  }

  private static WireFrame withoutOutput(WireFrame frame) {
    int from = frame.text().indexOf("\"output\":[");
    int to = frame.text().indexOf(",\"parallel_tool_calls\"");
    return from < 0 || to < from
        ? frame
        : with(
            frame, frame.text().substring(0, from) + "\"output\":[]" + frame.text().substring(to));
  }

  private static WireFrame oneLess(WireFrame frame) {
    Matcher number = NUMBER.matcher(frame.text());
    return number.find()
        ? with(
            frame,
            frame.text().substring(0, number.start(1))
                + (Integer.parseInt(number.group(1)) - 1)
                + frame.text().substring(number.end(1)))
        : frame;
  }

  private static WireFrame unnumbered(WireFrame frame) {
    return with(frame, NUMBER.matcher(frame.text()).replaceFirst(""));
  }

  /** Writes another text in as many pieces, and repeats that. */
  private static List<WireFrame> another(List<WireFrame> all, List<WireFrame> rest) {
    var truth = new StringBuilder();
    var other = new StringBuilder();
    for (WireFrame frame : all) {
      Matcher delta = DELTA.matcher(frame.text());
      if (frame.kind() == WireFrame.Kind.CONTENT && delta.find()) {
        truth.append(delta.group(1));
        other.append(OTHER).append(delta.group(1));
      }
    }
    String member = "\"text\":\"" + truth + "\"";
    String instead = "\"text\":\"" + other + "\"";
    var lies = new ArrayList<WireFrame>();
    for (WireFrame frame : rest) {
      String text =
          frame.kind() == WireFrame.Kind.CONTENT
              ? frame.text().replaceFirst("\"(delta|content)\":\"", "\"$1\":\"" + OTHER)
              : frame.text().replace(member, instead);
      lies.add(with(frame, text));
    }
    return lies;
  }

  private static int offset(List<WireFrame> all, List<WireFrame> rest) {
    return bytes(all).length - bytes(rest).length;
  }

  private static List<WireFrame> oneByteEarlier(List<WireFrame> all, List<WireFrame> rest) {
    return fromByte(all, Math.max(0, offset(all, rest) - 1));
  }

  private static List<WireFrame> fromByte(List<WireFrame> all, int start) {
    var rest = new ArrayList<WireFrame>();
    int passed = 0;
    for (WireFrame frame : all) {
      byte[] bytes = frame.bytes();
      int skipped = Math.max(0, start - passed);
      if (skipped == 0) {
        rest.add(frame);
      } else if (skipped < bytes.length) {
        String end = new String(bytes, skipped, bytes.length - skipped, StandardCharsets.UTF_8);
        rest.add(new WireFrame(WireFrame.Kind.STRUCTURE, end));
      }
      passed += bytes.length;
    }
    return rest;
  }

  private static byte[] bytes(List<WireFrame> frames) {
    var bytes = new ByteArrayOutputStream();
    frames.forEach(frame -> bytes.writeBytes(frame.bytes()));
    return bytes.toByteArray();
  }
}
