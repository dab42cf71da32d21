package dev.holdfast.testkit.proxy;

import dev.holdfast.core.stream.Check;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * One cut of one streamed answer.
 *
 * @param end how the connection ends
 * @param place where in the body it ends; an answer that does not reach the place is not cut
 */
public record Cut(End end, Place place) {
  /** How a connection ends. */
  public enum End {
    /** Closed: TCP's FIN, without the last chunk of the body. */
    FIN,
    /** Reset: TCP's RST. */
    RST,
    /** The body ends as if it were whole, with its last chunk. */
    CLEAN,
    /** Nothing more is sent, and the connection stays open until the client closes it. */
    STALL
  }

  /** Where in a body. Events count from 0 and include comments; a line of NDJSON is an event. */
  public sealed interface Place {
    /**
     * {@return how many bytes of this event still pass; its length if all of them do}
     *
     * @param number how many events came before
     * @param before how many bytes came before
     * @param event the event with the blank line that ends it
     */
    int passes(int number, long before, byte[] event);

    /**
     * Between two events.
     *
     * @param count how many events pass
     */
    record Events(int count) implements Place {
      /** Checks the count. */
      public Events {
        Check.that(count >= 0, "count", "must not be negative", count);
      }

      @Override
      public int passes(int number, long before, byte[] event) {
        return number < count ? event.length : 0;
      }
    }

    /**
     * In the middle of an event.
     *
     * @param count how many whole events pass before it
     */
    record MidEvent(int count) implements Place {
      /** Checks the count. */
      public MidEvent {
        Check.that(count >= 0, "count", "must not be negative", count);
      }

      @Override
      public int passes(int number, long before, byte[] event) {
        return number < count ? event.length : Math.max(1, event.length / 2);
      }
    }

    /**
     * Inside the first character of several bytes in UTF-8.
     *
     * @param count how many whole events pass before one is looked for
     */
    record MidCharacter(int count) implements Place {
      /** Checks the count. */
      public MidCharacter {
        Check.that(count >= 0, "count", "must not be negative", count);
      }

      @Override
      public int passes(int number, long before, byte[] event) {
        if (number >= count) {
          for (int i = 1; i < event.length; i++) {
            if ((event[i] & 0xc0) == 0x80) {
              return i;
            }
          }
        }
        return event.length;
      }
    }

    /**
     * Before the first event that holds one of these texts, such as a finish reason.
     *
     * @param marks the texts, in ASCII
     */
    record Before(List<String> marks) implements Place {
      /** Copies the list. */
      public Before {
        marks = List.copyOf(marks);
      }

      @Override
      public int passes(int number, long before, byte[] event) {
        var text = new String(event, StandardCharsets.ISO_8859_1);
        return marks.stream().anyMatch(text::contains) ? 0 : event.length;
      }
    }

    /**
     * At a byte, wherever that is.
     *
     * @param count how many bytes pass
     */
    record Bytes(long count) implements Place {
      /** Checks the count. */
      public Bytes {
        Check.that(count >= 0, "count", "must not be negative", count);
      }

      @Override
      public int passes(int number, long before, byte[] event) {
        return (int) Math.min(event.length, count - before);
      }
    }
  }

  /** {@return a cut between two events} */
  public static Cut after(int events, End end) {
    return new Cut(end, new Place.Events(events));
  }

  /** {@return a cut at a byte} */
  public static Cut atByte(long bytes, End end) {
    return new Cut(end, new Place.Bytes(bytes));
  }

  /** {@return a cut before the first event that holds one of the texts} */
  public static Cut before(End end, String... marks) {
    return new Cut(end, new Place.Before(Arrays.asList(marks)));
  }
}
