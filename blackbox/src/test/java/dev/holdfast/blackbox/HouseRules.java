package dev.holdfast.blackbox;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;

/** The rules of the house, each for the packages under a root, so that a rotten house can fail. */
final class HouseRules {
  /** Types of {@code java.lang} and {@code java.util} that carry a thread, a clock or chance. */
  private static final Set<String> AMBIENT_TYPES =
      Set.of(
          "java.lang.InheritableThreadLocal",
          "java.lang.Process",
          "java.lang.ProcessBuilder",
          "java.lang.Runtime",
          "java.lang.Thread",
          "java.lang.ThreadGroup",
          "java.lang.ThreadLocal",
          "java.time.Clock",
          "java.time.InstantSource",
          "java.util.Calendar",
          "java.util.Date",
          "java.util.Random",
          "java.util.ServiceLoader",
          "java.util.SplittableRandom",
          "java.util.Timer",
          "java.util.TimerTask",
          "java.util.UUID");

  /** Methods of {@code CompletableFuture} that start a thread for delays. */
  private static final Set<String> DELAYS =
      Set.of("completeOnTimeout", "delayedExecutor", "orTimeout");

  /**
   * Skeletons whose subclasses are in packages of their own. On the class path only types of the
   * same package may be permitted, so that such a one cannot be sealed.
   */
  private static final Set<String> OPEN_SKELETONS = Set.of("core.provider.shared.DocumentReader");

  /** A word of the prose rule as one word of a name in camel case, or of a constant. */
  private static final Pattern UNUSUAL_NAME =
      Pattern.compile(
          "(?:(?<![A-Za-z])(?:said|told|tells?|says?|hears?|heard|who|whom|nobody|somebody"
              + "|whoever|whatever|goesOn|goOn)"
              + "|Said|Told|Tells?|Says?|Hears?|Heard|Who|Whom|Nobody|Somebody|Whoever|Whatever"
              + "|GoesOn|GoOn|InVain|LeftAlone|ForGood|ButFor|ComesToNothing"
              + "|(?<![A-Z])(?:SAID|TOLD|NOBODY|SOMEBODY))(?![a-z])");

  private static final Pattern EMPTY_NAME =
      Pattern.compile("(Abstract|Base)(\\p{Lu}.*)?|.*(Impl|Utils?|Helper|Manager)");

  private HouseRules() {}

  /** {@return one rule for each row of {@link PermittedDependencies}} */
  static List<ArchRule> onlyPermittedDependencies(String root) {
    return PermittedDependencies.rows().stream()
        .<ArchRule>map(row ->
            classes()
                .that()
                .resideInAPackage(root + "." + row.room())
                .should()
                .onlyDependOnClassesThat(row.permitted(root))
                .allowEmptyShould(true))
        .toList();
  }

  /** {@return that no package is missing from the table} */
  static ArchRule everyPackageHasARow(String root) {
    return classes()
        .should(
            satisfy(
                "stand in the table of permitted dependencies",
                type ->
                    PermittedDependencies.rows().stream()
                        .anyMatch(row -> row.speaksOf(root, type.getPackageName()))));
  }

  /** {@return that the core asks nobody for the time, for chance, for a thread or for a console} */
  static ArchRule theCoreOwnsNoClockThreadOrChance(String root) {
    return noClasses()
        .that()
        .resideInAPackage(root + ".core..")
        .should()
        .dependOnClassesThat(
            describe("carry a thread, a clock or chance", t -> AMBIENT_TYPES.contains(t.getName())))
        .orShould()
        .accessTargetWhere(describe("reach outside", HouseRules::reachesOutside))
        .allowEmptyShould(true);
  }

  /**
   * {@return that no library starts the JDK's own thread for delays, which joins the thread group
   * of the application and keeps what waits for that group: {@code mvn exec:java} for 15 s}
   */
  static ArchRule theLibrariesStartNoThreadForDelays(String root) {
    return noClasses()
        .that()
        .resideInAnyPackage(root + ".client..", root + ".observe..", root + ".testkit..")
        .should()
        .accessTargetWhere(
            describe(
                "start the JDK's thread for delays",
                access ->
                    access
                            .getTargetOwner()
                            .getName()
                            .equals("java.util.concurrent.CompletableFuture")
                        && DELAYS.contains(access.getName())))
        .allowEmptyShould(true);
  }

  private static boolean reachesOutside(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getName();
    String name = access.getName();
    return switch (owner) {
      case "java.lang.System" -> !name.equals("arraycopy");
      case "java.lang.Math", "java.lang.StrictMath" -> name.equals("random");
      case "java.lang.Object" -> name.startsWith("wait") || name.startsWith("notify");
      case "java.util.Collections" -> name.equals("shuffle");
      case "java.util.random.RandomGenerator" -> name.equals("of") || name.equals("getDefault");
      default -> owner.startsWith("java.time.") && name.equals("now");
    };
  }

  /**
   * {@return that the test kit writes the wire from its own templates, so that bugs do not pair:
   * neither the encoder of frames nor those of the protocols}
   */
  static ArchRule theTestkitNeverUsesTheCoresEncoders(String root) {
    return noClasses()
        .that()
        .resideInAPackage(root + ".testkit..")
        .should()
        .dependOnClassesThat(
            describe(
                "are the core's encoders",
                type ->
                    type.getPackageName().startsWith(root + ".core")
                        && type.getSimpleName().endsWith("Encoder")))
        .allowEmptyShould(true);
  }

  /** {@return that nullness is decided in every package} */
  static ArchRule everyPackageIsNullMarked() {
    return classes()
        .should(
            satisfy(
                "reside in a package whose package-info is @NullMarked",
                type -> type.getPackage().isAnnotatedWith(NullMarked.class)));
  }

  /** {@return that no name is a name for nothing} */
  static ArchRule namesSayWhatATypeIs() {
    return classes()
        .should(
            satisfy(
                "not be called Abstract, Base, Impl, Utils, Helper or Manager",
                type -> !EMPTY_NAME.matcher(type.getSimpleName()).matches()));
  }

  /**
   * {@return that no method or field has a word in its name that CONTRIBUTING.md lists under
   * "Prose"}
   */
  static ArchRule membersHavePlainNames() {
    return classes()
        .should(
            new ArchCondition<>("have members with plain names") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                type.getMembers().stream()
                    .filter(member -> isUnusual(member.getName()))
                    .forEach(member ->
                        events.add(
                            SimpleConditionEvent.violated(
                                member,
                                member.getFullName()
                                    + " has a word of a private English in its name")));
              }
            });
  }

  /** {@return whether a name has a word of the prose rule} */
  static boolean isUnusual(String name) {
    return UNUSUAL_NAME.matcher(name).find();
  }

  /** {@return that inheritance is by design only} */
  static ArchRule topLevelTypesAreClosed(String root) {
    return classes()
        .that(describe("are top level", JavaClass::isTopLevelClass))
        .should(
            satisfy(
                "be final, sealed, an interface, a record or an enum",
                type -> {
                  Class<?> loaded = type.reflect();
                  return type.isInterface()
                      || type.isEnum()
                      || loaded.isSealed()
                      || OPEN_SKELETONS.stream()
                          .anyMatch(name -> type.getName().equals(root + "." + name))
                      || Modifier.isFinal(loaded.getModifiers());
                }));
  }

  /** {@return what a rule finds wrong, one line each; empty if it holds} */
  static List<String> broken(ArchRule rule, JavaClasses classes) {
    return rule.evaluate(classes).getFailureReport().getDetails();
  }

  private static ArchCondition<JavaClass> satisfy(String what, Predicate<JavaClass> holds) {
    return new ArchCondition<>(what) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (!holds.test(type)) {
          events.add(SimpleConditionEvent.violated(type, type.getName() + " does not " + what));
        }
      }
    };
  }
}
