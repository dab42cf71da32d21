package dev.holdfast.blackbox;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Public sealed types and enums as text, one member to a line. */
final class Shapes {
  private Shapes() {}

  /** {@return every public sealed type and enum among {@code classes}, with all members} */
  static String of(JavaClasses classes) {
    return classes.stream()
        .sorted(Comparator.comparing(JavaClass::getName))
        .map(JavaClass::reflect)
        .filter(type -> type.isSealed() || type.isEnum())
        .filter(Shapes::isPublic)
        .map(Shapes::shape)
        .collect(Collectors.joining("\n"));
  }

  private static boolean isPublic(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return Modifier.isPublic(type.getModifiers()) && (outer == null || isPublic(outer));
  }

  private static String shape(Class<?> type) {
    Stream<String> members =
        type.isEnum()
            ? Arrays.stream(type.getEnumConstants()).map(constant -> ((Enum<?>) constant).name())
            : Arrays.stream(type.getPermittedSubclasses()).map(Shapes::member).sorted();
    return (type.isEnum() ? "enum " : "sealed ")
        + type.getName()
        + "\n"
        + members.map(member -> "  " + member + "\n").collect(Collectors.joining());
  }

  private static String member(Class<?> type) {
    if (!type.isRecord()) {
      return type.getSimpleName();
    }
    return Arrays.stream(Objects.requireNonNull(type.getRecordComponents()))
        .map(part -> part.getType().getSimpleName() + " " + part.getName())
        .collect(Collectors.joining(", ", type.getSimpleName() + "(", ")"));
  }
}
