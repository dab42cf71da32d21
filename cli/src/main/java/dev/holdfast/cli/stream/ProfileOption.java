package dev.holdfast.cli.stream;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.Profiles;
import org.jspecify.annotations.Nullable;

/** What {@code --profile} names. */
public final class ProfileOption {
  private ProfileOption() {}

  /**
   * {@return the profile of that name}
   *
   * @param protocol in which protocol, or null for any
   * @throws BadInputException if there is none; its message lists those there are
   */
  public static Profile of(String name, @Nullable String protocol) {
    try {
      return protocol == null
          ? Profiles.DEFAULT.named(name)
          : Profiles.DEFAULT.named(name, protocol);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--" + e.getMessage());
    }
  }
}
