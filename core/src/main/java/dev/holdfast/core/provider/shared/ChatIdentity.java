package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Notices that chunks of another answer follow in one body, as a gateway sends them that tried
 * again. An id alone proves nothing: Groq sends another with every chunk. Another id together with
 * another model or a second role does.
 */
public final class ChatIdentity {
  /** What a chunk is. */
  public enum Kin {
    /** Nothing speaks against its being of the answer so far. */
    SAME,
    /** It is the first of another answer. */
    OTHER,
    /** An earlier one was, though it did not look like it. */
    LATER_FOUND
  }

  /** A bit for each of the first 64 choices that has had its role. */
  private long roles;

  /** Further ones that have. */
  private Set<Integer> moreRoles = Set.of();

  private String id = "";
  private String model = "";

  /** Whether the role is not part of every chunk. */
  private boolean bare;

  private boolean suspected;
  private boolean moved;

  /**
   * {@return what a chunk is}
   *
   * @param choices its choices
   * @param spoke whether any content came before it
   */
  public Kin read(Json.Obj chunk, List<Json> choices, boolean spoke) {
    String newId = ErrorValues.cap(chunk.text("id"), ToolCalls.MAX_NAME);
    String newModel = ErrorValues.cap(chunk.text("model"), ToolCalls.MAX_NAME);
    moved = false;
    boolean speaks = false;
    boolean again = false;
    for (var item : choices) {
      if (item instanceof Json.Obj choice && choice.get("delta") instanceof Json.Obj delta) {
        for (var value : delta.members().values()) {
          speaks |= value.hasValue();
        }
        if (delta.has("role")) {
          again |= !isFirstRole((int) choice.number("index", 0));
        } else {
          bare |= delta.hasValue();
        }
      } else {
        speaks |= item instanceof Json.Obj choice && choice.has("text");
      }
    }
    if (!speaks) {
      return Kin.SAME; // A gateway's own chunk with a finish or the tokens.
    }
    boolean changed = !id.isEmpty() && !newId.isEmpty() && !newId.equals(id);
    boolean otherModel = !model.isEmpty() && !newModel.isEmpty() && !newModel.equals(model);
    moved = changed || otherModel;
    boolean found = suspected && !changed && !again;
    suspected = spoke && changed && again;
    id = newId.isEmpty() ? id : newId;
    model = newModel.isEmpty() ? model : newModel;
    if (found) {
      return Kin.LATER_FOUND;
    }
    return spoke && changed && (otherModel || (again && bare)) ? Kin.OTHER : Kin.SAME;
  }

  private boolean isFirstRole(int choice) {
    if (choice >= 0 && choice < Long.SIZE) {
      boolean isFirst = (roles & 1L << choice) == 0;
      roles |= 1L << choice;
      return isFirst;
    }
    moreRoles = moreRoles.isEmpty() ? new HashSet<>() : moreRoles;
    return moreRoles.add(choice);
  }

  /** {@return whether the last chunk had another id or model than the one before it} */
  public boolean hasMoved() {
    return moved;
  }
}
