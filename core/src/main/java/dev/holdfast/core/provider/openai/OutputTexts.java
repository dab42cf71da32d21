package dev.holdfast.core.provider.openai;

import dev.holdfast.core.json.RunningText;
import dev.holdfast.core.stream.StreamEvent;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The texts of a response, as they came in pieces. They are compared with their repetitions at the
 * end of a part, of an item and of the response. Keeps hashes and no text, of at most {@link
 * #MAX_PARTS} parts.
 */
final class OutputTexts {
  static final int MAX_PARTS = 512;

  private final Map<Kind, RunningText> all = new EnumMap<>(Kind.class);
  private final LinkedHashMap<Place, Part> parts = new LinkedHashMap<>();

  /**
   * Whether some part cannot be distinguished from another: an index is missing, or there are too
   * many.
   */
  private boolean loose;

  private @Nullable Place latestPlace;
  private @Nullable Part latest;

  OutputTexts() {
    for (var kind : Kind.values()) {
      all.put(kind, new RunningText());
    }
  }

  /** What a text is. */
  enum Kind {
    REASONING("reasoning", 1),
    SUMMARY("reasoning summary", 2),
    TEXT("text", 3),
    REFUSAL("refusal", 4);

    final String words;

    /** Distinguishes pieces of one kind from those of another; positive. */
    final int code;

    Kind(String words, int code) {
      this.words = words;
      this.code = code;
    }

    boolean isThought() {
      return this == REASONING || this == SUMMARY;
    }

    StreamEvent event(String words) {
      return switch (this) {
        case REASONING, SUMMARY -> new StreamEvent.ReasoningDelta(0, words);
        case TEXT -> new StreamEvent.TextDelta(0, words);
        case REFUSAL -> new StreamEvent.RefusalDelta(0, words);
      };
    }
  }

  /**
   * The place of a part.
   *
   * @param output index of its item; empty if the event has none
   * @param part index within the item; empty if the event has none
   */
  record Place(Kind kind, String output, String part) {
    private boolean isLoose() {
      return output.isEmpty() || part.isEmpty();
    }
  }

  private static final class Part {
    private final RunningText text = new RunningText();

    /** Whether all of it was repeated exactly. */
    private boolean repeated;

    /** Whether its item is done: more at its place belongs to another item. */
    private boolean done;
  }

  /** {@return how many characters of a kind came} */
  long length(Kind kind) {
    return of(kind).length();
  }

  /** {@return whether text of any kind came} */
  boolean isAny() {
    return all.values().stream().anyMatch(text -> !text.isEmpty());
  }

  /** {@return whether what came of every kind was repeated exactly} */
  boolean isRepeated() {
    return !loose && parts.values().stream().allMatch(part -> part.repeated || part.text.isEmpty());
  }

  /** Takes a piece, and returns its hash. */
  long more(Place place, String piece) {
    var part = latest;
    if (part == null || part.done || !place.equals(latestPlace)) {
      part = open(place);
    }
    part.repeated &= piece.isEmpty();
    return RunningText.addToBoth(piece, part.text, of(place.kind()));
  }

  private Part open(Place place) {
    var part = parts.get(place);
    if (part == null || part.done) {
      part = add(place);
    }
    latestPlace = place;
    latest = part;
    return part;
  }

  private Part add(Place place) {
    loose |= place.isLoose() || parts.size() == MAX_PARTS;
    if (parts.size() == MAX_PARTS) {
      parts.remove(parts.keySet().iterator().next());
    }
    parts.remove(place); // So that it keeps the order in which parts began.
    var part = new Part();
    parts.put(place, part);
    return part;
  }

  /** Another item begins at an output index: earlier content there belongs to a done one. */
  void begin(String output) {
    parts
        .entrySet()
        .removeIf(each -> each.getKey().output().equals(output) && each.getValue().done);
    latest = null;
  }

  /**
   * {@return what of a whole part has not come in pieces, from now on taken as handed on; null if
   * the pieces contradict it}
   */
  @Nullable String rest(Place place, String whole) {
    var part = parts.get(place);
    if (part == null) {
      if (whole.isEmpty() || !isNew(place)) {
        return "";
      }
      part = open(place);
    }
    return rest(part, place, whole);
  }

  private @Nullable String rest(Part part, Place place, String whole) {
    if (whole.isEmpty()) {
      return ""; // It has no content.
    }
    if (!part.text.isPrefixOf(whole)) {
      return null;
    }
    String rest = whole.substring((int) part.text.length());
    RunningText.addToBoth(rest, part.text, of(place.kind()));
    part.repeated = true;
    return rest;
  }

  /**
   * {@return as {@link #rest(Place, String)}, of all parts of a kind in an item} Their indices are
   * not compared: clones count the parts of an item differently in its pieces and in its end.
   */
  @Nullable String restOfItem(Kind kind, String output, String whole) {
    if (whole.isEmpty()) {
      return "";
    }
    var sent = new RunningText();
    Part last = null;
    for (var each : parts.entrySet()) {
      if (each.getKey().kind() == kind && each.getKey().output().equals(output)) {
        last = each.getValue();
        sent.add(last.text);
      }
    }
    if (last == null) {
      var place = new Place(kind, output, "0");
      return isNew(place) ? rest(open(place), place, whole) : "";
    }
    if (!sent.isPrefixOf(whole)) {
      return null;
    }
    String rest = whole.substring((int) sent.length());
    RunningText.addToBoth(rest, last.text, of(kind));
    mark(kind, output);
    return rest;
  }

  private void mark(Kind kind, String output) {
    for (var each : parts.entrySet()) {
      if (each.getKey().kind() == kind && each.getKey().output().equals(output)) {
        each.getValue().repeated = true;
      }
    }
  }

  /** An item is done. */
  void close(String output) {
    for (var each : parts.entrySet()) {
      if (each.getKey().output().equals(output)) {
        each.getValue().done = true;
      }
    }
  }

  /**
   * {@return what of all texts of a kind has not come in pieces; null if the pieces contradict it}
   */
  @Nullable String restOfAll(Kind kind, String whole) {
    var sent = of(kind);
    if (whole.isEmpty()) {
      return "";
    }
    if (!sent.isPrefixOf(whole)) {
      return null;
    }
    boolean foreign = kind.isThought() && sent.isEmpty() && !of(other(kind)).isEmpty();
    String rest = foreign ? "" : whole.substring((int) sent.length());
    sent.add(rest);
    return rest;
  }

  /** {@return whether a text is a piece away from what came of it at any of its levels} */
  boolean isPieceAway(Kind kind, String output, String whole) {
    if (of(kind).isPieceAwayFrom(whole)) {
      return true;
    }
    var sent = new RunningText();
    for (var each : parts.entrySet()) {
      if (each.getKey().kind() == kind && each.getKey().output().equals(output)) {
        if (each.getValue().text.isPieceAwayFrom(whole)) {
          return true;
        }
        sent.add(each.getValue().text);
      }
    }
    return !sent.isEmpty() && sent.isPieceAwayFrom(whole);
  }

  /**
   * Whether a part without pieces is new. It is not where its pieces may be at another place, nor
   * where its item's thoughts came in the other of their two forms.
   */
  private boolean isNew(Place place) {
    if (place.kind().isThought()) {
      var other = other(place.kind());
      if (!of(other).isEmpty() && (loose || isDelivered(other, place.output()))) {
        return false;
      }
    }
    return of(place.kind()).isEmpty() || (!loose && !place.isLoose());
  }

  private boolean isDelivered(Kind kind, String output) {
    return parts.keySet().stream()
        .anyMatch(place -> place.kind() == kind && place.output().equals(output));
  }

  private static Kind other(Kind thought) {
    return thought == Kind.SUMMARY ? Kind.REASONING : Kind.SUMMARY;
  }

  private RunningText of(Kind kind) {
    var text = all.get(kind);
    if (text == null) {
      throw new IllegalStateException("kind: must be known, was " + kind);
    }
    return text;
  }
}
