package dev.holdfast.core.seam;

import dev.holdfast.core.seam.Alignment.Match;
import dev.holdfast.core.stream.Rung;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a continuation joins the delivered text, or that it does not.
 *
 * <p>Every rung asks the model to begin at a known place before the end of the delivered text. So a
 * continuation that fits repeats some of it: that repetition is the evidence, and it is swallowed.
 * A continuation without it could be anything, and is refused. Nothing new is handed on before the
 * decision; text that only repeats may be swallowed for as long as it matches.
 */
public final class Stitcher {
  /** White space, quotes and the like that may precede a repeated anchor. */
  private static final int MAX_LEAD = 8;

  /** How far back a continuation may begin on its own account, in characters. */
  static final int OVERLAP_WINDOW = 4096;

  /** Characters of a continuation that must be there before other beginnings are looked for. */
  private static final int PROBE = 24;

  /** How many letters are compared before a beginning is followed in earnest. */
  private static final int PREFILTER_CHARS = 6;

  private final CharSequence delivered;
  private final Tail tail;
  private final Fences fences;
  private final int end;
  private final int start;
  private final int holdBack;
  private final boolean lenient;
  private final boolean replayed;
  private final boolean asked;
  private final Join join;
  private final NewText newText;
  private final List<Alignment> expected = new ArrayList<>();
  private @Nullable List<Alignment> others;

  /** Places after the start from which too little would be repeated, but the same text. */
  private final List<Alignment> rivals = new ArrayList<>();

  private final StringBuilder held = new StringBuilder();
  private boolean isNewTextHeld;
  private boolean fenceSought;
  private boolean cutShort;
  private int fenceLead;

  /**
   * Expects a continuation of {@code delivered}.
   *
   * @param index of it, up to date
   * @param rung what was asked for; {@link Rung#REPLAY} and {@link Rung#TOKEN_IDS} compare exactly
   * @param start where in the delivered text the continuation was asked to begin
   * @param holdBack characters that may be held while several beginnings are possible
   */
  public Stitcher(CharSequence delivered, TextIndex index, Rung rung, int start, int holdBack) {
    this.delivered = delivered;
    this.tail = new Tail(delivered, index);
    this.fences = index.fences();
    this.start = start;
    this.holdBack = holdBack;
    this.lenient = rung != Rung.REPLAY && rung != Rung.TOKEN_IDS;
    this.replayed = rung == Rung.REPLAY;
    this.end = lenient ? tail.end : delivered.length();
    this.asked = rung == Rung.ANCHOR;
    this.join = new Join(tail, start, asked);
    this.newText = new NewText(tail, start, asked);
    int leads = rung == Rung.ANCHOR ? MAX_LEAD : 0;
    for (int lead = 0; lead <= leads; lead++) {
      expected.add(new Alignment(delivered, end, start, lead, lenient));
    }
  }

  /** What is known about the seam. */
  public sealed interface Decision {
    /** Not decided: more of the continuation is needed. */
    record Hold() implements Decision {}

    /** It fits: {@code text} is new, {@code overlap} characters before it were repetition. */
    record Join(String text, int overlap) implements Decision {}

    /** It does not fit. */
    record Refuse(String reason) implements Decision {}
  }

  static final Decision HOLD = new Decision.Hold();

  /** Takes more of the continuation. Not to be called after a decision. */
  public Decision feed(String more) {
    held.append(more);
    return decide(false);
  }

  /**
   * Ends the continuation.
   *
   * @param natural whether the model reports a natural end; not at a limit or a filter
   */
  public Decision end(boolean natural) {
    cutShort = !natural;
    var decision = decide(true);
    return decision instanceof Decision.Hold
        ? new Decision.Refuse("the continuation ended within the repeated text")
        : decision;
  }

  /** Announces that something else than text follows. Holds if that leaves the seam undecided. */
  public Decision pause() {
    return decide(true);
  }

  /** Announces that the hold-back time is over. Text that only repeats may still continue. */
  public Decision timeUp() {
    return isNewTextHeld && isUndecided() ? new Decision.Refuse("the seam stayed undecided") : HOLD;
  }

  private Decision decide(boolean last) {
    boolean fenced = lenient && addBehindFence(last);
    expected.removeIf(candidate -> !isWrapping(candidate.lead()));
    var found = settle(expected, last, false);
    if (found != null) {
      return found;
    }
    if (fenced) {
      return HOLD;
    }
    if (!lenient) {
      return new Decision.Refuse("the repeated answer differs from the delivered text");
    }
    if (others == null) {
      if (held.length() < PROBE && !last) {
        return HOLD;
      }
      others = otherBeginnings();
    }
    var other = settle(others, last, true);
    if (other == null) {
      return new Decision.Refuse(Preambles.describe(held));
    }
    if (isNewTextHeld && held.length() > holdBack && isUndecided()) {
      return new Decision.Refuse("the continuation fits in several places");
    }
    return other;
  }

  /**
   * A continuation of code may open its block a second time before it repeats anything.
   *
   * @return whether that is not known yet
   */
  private boolean addBehindFence(boolean last) {
    if (fenceSought) {
      return false;
    }
    int from = 0;
    while (from < held.length() && Alignment.isSpace(held.charAt(from))) {
      from++;
    }
    if (!last && Fences.mayOpen(held, from)) {
      return true;
    }
    fenceSought = true;
    int behind = Fences.behindOpening(held, from);
    if (behind >= 0 && fences.isInside(start) && fences.opensLikewise(held, from, behind)) {
      fenceLead = behind;
      expected.add(new Alignment(delivered, end, start, behind, true));
    }
    return false;
  }

  /** {@return whether only white space, quotes or a fence precede the repetition} */
  private boolean isWrapping(int lead) {
    if (lead == fenceLead) {
      return true;
    }
    for (int i = 0; i < Math.min(lead, held.length()); i++) {
      if (!Quotation.mayStandBefore(held.charAt(i)) || isFullStop(i)) {
        return false;
      }
    }
    return true;
  }

  /** One dot alone ends a sentence, which is new text; several are an ellipsis. */
  private boolean isFullStop(int at) {
    return held.charAt(at) == '.'
        && at + 1 < held.length()
        && held.charAt(at + 1) != '.'
        && (at == 0 || held.charAt(at - 1) != '.');
  }

  /** Advances all candidates; null if none is left, the join if exactly one reached the end. */
  private @Nullable Decision settle(List<Alignment> candidates, boolean last, boolean mustBeAlone) {
    Alignment full = null;
    for (var i = candidates.iterator(); i.hasNext(); ) {
      var candidate = i.next();
      switch (candidate.advance(held)) {
        case NONE -> i.remove();
        case PARTIAL -> {}
        case FULL -> {
          // The longest repetition explains most of what was sent.
          if (full == null || candidate.from() < full.from()) {
            full = candidate;
          }
        }
      }
    }
    if (candidates.isEmpty()) {
      return null;
    }
    // As long as everything is repetition by every reading, no new text is held.
    isNewTextHeld = full != null && hasLonger(candidates, full);
    if (full == null || isNewTextHeld) {
      return HOLD;
    }
    if (mustBeAlone && (isContested(candidates, full) || hasRival(full))) {
      return new Decision.Refuse("the continuation fits in several places");
    }
    if (mustBeAlone && !tail.isUnlikeOthers(full.from())) {
      return new Decision.Refuse("the repeated text is too much like other delivered text");
    }
    var seam =
        lenient
            ? join.at(held, marksOf(full), full.from(), full.consumed(), last)
            : new Decision.Join(held.substring(full.consumed()), full.consumed());
    return seam instanceof Decision.Join found ? looked(found, full, last) : seam;
  }

  /** A whole answer that comes again verbatim is accepted, with any wording. */
  private Decision looked(Decision.Join seam, Alignment full, boolean last) {
    if (replayed) {
      return seam;
    }
    if (!seam.text().isBlank()) {
      var decision = newText.look(seam, held, full, last);
      return decision instanceof Decision.Hold && held.length() - full.consumed() > holdBack
          ? new Decision.Refuse("what follows the repetition may repeat delivered text, too")
          : decision;
    }
    if (!last) {
      return HOLD; // Written exactly, and nothing visible yet.
    }
    String doubt = cutShort ? null : newText.doubtOfNothing(held, full);
    return doubt == null ? seam : new Decision.Refuse(doubt);
  }

  /** {@return where the marks end that the model put before the repetition; a fence is none} */
  private int marksOf(Alignment candidate) {
    return candidate.lead() == fenceLead ? 0 : candidate.lead();
  }

  /** Whether a candidate that began earlier is still alive and could yet reach the end. */
  private static boolean hasLonger(List<Alignment> candidates, Alignment full) {
    for (var candidate : candidates) {
      if (candidate.from() < full.from()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether another beginning would make another character the first new one, and what it leaves
   * unexplained may be chance.
   */
  private boolean isContested(List<Alignment> candidates, Alignment full) {
    for (var candidate : candidates) {
      if (candidate.consumed() != full.consumed()
          && !tail.isMoreThanChance(full.from(), candidate.from())) {
        return true;
      }
    }
    return false;
  }

  /** Whether the repetition is several periods, of which fewer would explain as much. */
  private boolean hasRival(Alignment full) {
    if (tail.spansPeriod(full.from())) {
      return true;
    }
    int context = Repetition.commonContext(delivered, full.from(), end, OVERLAP_WINDOW);
    for (var rival : rivals) {
      if (rival.advance(held) == Match.FULL
          && 2 * (rival.from() - full.from()) <= end - full.from() + context) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether several beginnings are possible, and none is the whole answer again. Waiting is useful
   * then, since all held text is repetition.
   */
  private boolean isUndecided() {
    return others != null
        && others.size() > 1
        && others.stream().noneMatch(candidate -> candidate.from() == 0);
  }

  /**
   * Beginnings that were not asked for: a longer overlap within the window, or the whole answer
   * again. A repetition shorter than requested may be chance, as in a text that contains a phrase
   * twice.
   */
  private List<Alignment> otherBeginnings() {
    var found = new ArrayList<Alignment>();
    int visible = 0;
    while (visible < held.length() && Alignment.isSpace(held.charAt(visible))) {
      visible++;
    }
    if (visible == held.length()) {
      return found;
    }
    int first = Math.max(0, delivered.length() - OVERLAP_WINDOW);
    if (first > 0) {
      addIfAlive(found, 0);
    }
    char[] window = delivered.subSequence(first, end).toString().toCharArray();
    int last = tail.lastEnough();
    for (int from = first; from <= last; from++) {
      // A beginning in white space is that of the word after it.
      if (beginsAlike(window, from - first, visible)) {
        addIfAlive(from <= start ? found : rivals, from);
      }
    }
    return found;
  }

  /** A cheap look at the first letters. */
  private boolean beginsAlike(char[] window, int at, int visible) {
    int letters = Math.min(PREFILTER_CHARS, Math.min(held.length() - visible, window.length - at));
    for (int i = 0; i < letters; i++) {
      if (held.charAt(visible + i) != window[at + i]) {
        return false;
      }
    }
    return letters > 0;
  }

  private void addIfAlive(List<Alignment> found, int from) {
    var candidate = new Alignment(delivered, end, from, 0, true);
    if (candidate.advance(held) != Match.NONE) {
      found.add(candidate);
    }
  }
}
