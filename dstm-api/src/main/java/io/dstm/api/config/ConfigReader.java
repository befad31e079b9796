package io.dstm.api.config;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads a configuration into typed values and collects every problem instead of stopping at the first. Read all keys, then call
 * {@link #finish()}: it adds a problem for each key that nobody read, so that a misspelt key is not silently a default.
 */
public final class ConfigReader {

    /** Keys that Config Admin, fileinstall, SCR and Karaf add by themselves. */
    private static final Set<String> FOREIGN = Set.of("objectClass");

    private static final List<String> FOREIGN_PREFIXES =
            List.of("service.", "felix.fileinstall.", "component.", "osgi.ds.", "org.apache.karaf.features.", ".");

    /** How the keys end by which SCR names the target filter of a reference; no key of ours ends so. */
    private static final String REFERENCE_TARGET = ".target";

    private final Map<String, ?> properties;
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final Set<String> read = new HashSet<>();

    /** A reader of what Config Admin handed over. */
    public ConfigReader(Map<String, ?> properties) {
        this.properties = properties;
    }

    /** The value as trimmed text; empty if absent or blank. */
    public Optional<String> text(String key) {
        read.add(key);
        Object value = properties.get(key);
        String text = value == null
                ? ""
                : value instanceof Object[] array
                        ? Arrays.stream(array).map(String::valueOf).collect(Collectors.joining(","))
                        : value instanceof Collection<?> collection
                                ? collection.stream().map(String::valueOf).collect(Collectors.joining(","))
                                : value.toString();
        return Optional.of(text.trim()).filter(trimmed -> !trimmed.isEmpty());
    }

    /** The value as text, or the default. */
    public String text(String key, String defaultValue) {
        return text(key).orElse(defaultValue);
    }

    /** A whole number within bounds. */
    public int number(String key, int defaultValue, int least, int most) {
        return (int) longNumber(key, defaultValue, least, most);
    }

    /** A whole number within bounds. */
    public long longNumber(String key, long defaultValue, long least, long most) {
        return parsed(key, defaultValue, text -> {
            long number;
            try {
                number = Long.decode(text);
            } catch (NumberFormatException notANumber) {
                throw new IllegalArgumentException("'" + text + "' is not a whole number", notANumber);
            }
            if (number < least || number > most) {
                throw new IllegalArgumentException(text + " is not within " + least + " to " + most);
            }
            return number;
        });
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String key, boolean defaultValue) {
        return parsed(key, defaultValue, text -> switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
        });
    }

    /** A time span: a number with the unit s, m, h or d ({@code 90s}, {@code 2h}), or a plain number of seconds. */
    public Duration duration(String key, Duration defaultValue, Duration least, Duration most) {
        return parsed(key, defaultValue, text -> {
            Duration duration = parseDuration(text);
            if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
                throw new IllegalArgumentException(
                        text + " is not within " + least.toSeconds() + "s to " + most.toSeconds() + "s");
            }
            return duration;
        });
    }

    private static Duration parseDuration(String text) {
        char last = text.charAt(text.length() - 1);
        int seconds =
                switch (last) {
                    case 's' -> 1;
                    case 'm' -> 60;
                    case 'h' -> 3600;
                    case 'd' -> 86400;
                    default -> 0;
                };
        String digits =
                seconds == 0 ? text : text.substring(0, text.length() - 1).trim();
        if (digits.isEmpty() || digits.length() > 12 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("'" + text + "' is not a time span like 90s, 15m, 2h or 1d");
        }
        return Duration.ofSeconds(Math.multiplyExact(Long.parseLong(digits), (long) Math.max(1, seconds)));
    }

    /** One of the constants of an enumeration, written in lower case with hyphens. */
    public <E extends Enum<E>> E choice(String key, E defaultValue) {
        Class<E> type = defaultValue.getDeclaringClass();
        return parsed(key, defaultValue, text -> {
            for (E constant : type.getEnumConstants()) {
                if (spelling(constant).equals(text.toLowerCase(Locale.ROOT).replace('_', '-'))) {
                    return constant;
                }
            }
            throw new IllegalArgumentException("'" + text + "' is none of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(ConfigReader::spelling)
                            .collect(Collectors.joining(", ")));
        });
    }

    private static String spelling(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** An IPv6 address; empty if absent. */
    public Optional<Ipv6Address> ipv6(String key) {
        return optional(key, Ipv6Address::parse);
    }

    /** An IPv4 address; empty if absent. */
    public Optional<Ipv4Address> ipv4(String key) {
        return optional(key, Ipv4Address::parse);
    }

    /** An IPv6 prefix; empty if absent. */
    public Optional<Ipv6Prefix> ipv6Prefix(String key) {
        return optional(key, Ipv6Prefix::parse);
    }

    /** A comma-separated list of ranges, prefixes and addresses. */
    public List<Ipv4Range> ipv4Ranges(String key) {
        return list(key, Ipv4Range::parse);
    }

    /** A comma-separated list; each part is read by {@code parser}, which throws IllegalArgumentException with the reason. */
    public <T> List<T> list(String key, Function<String, T> parser) {
        return text(key)
                .map(text -> {
                    List<T> values = new ArrayList<>();
                    for (String part : text.split(",")) {
                        if (!part.isBlank()) {
                            attempt(key, part.trim(), parser).ifPresent(values::add);
                        }
                    }
                    return values;
                })
                .orElseGet(List::of);
    }

    /** A value read by {@code parser}, which throws IllegalArgumentException with the reason; empty if absent or wrong. */
    public <T> Optional<T> optional(String key, Function<String, T> parser) {
        return text(key).flatMap(text -> attempt(key, text, parser));
    }

    /** A value that must be there; a missing one is a problem and {@code fallback} stands in until {@link #finish()} throws. */
    public <T> T required(String key, T fallback, Function<String, T> parser) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            problem(key, "is required");
            return fallback;
        }
        return attempt(key, text.get(), parser).orElse(fallback);
    }

    private <T> T parsed(String key, T defaultValue, Function<String, T> parser) {
        return text(key).flatMap(text -> attempt(key, text, parser)).orElse(defaultValue);
    }

    private <T> Optional<T> attempt(String key, String text, Function<String, T> parser) {
        try {
            return Optional.of(parser.apply(text));
        } catch (IllegalArgumentException | ArithmeticException wrong) {
            problem(key, String.valueOf(wrong.getMessage()));
            return Optional.empty();
        }
    }

    /** Whether something is wrong with a key, as far as is known yet: what is wrong needs not be called missing, too. */
    public boolean hasProblem(String key) {
        return problems.stream().anyMatch(problem -> problem.key().equals(key));
    }

    /** Adds a problem that a check across keys has found. */
    public void problem(String key, String reason) {
        problems.add(new ConfigProblem(key, reason));
    }

    /**
     * Ends the reading.
     *
     * @throws ConfigException if anything is wrong, unknown keys included
     */
    public void finish() throws ConfigException {
        for (String key : new TreeSet<>(properties.keySet())) {
            if (!read.contains(key)
                    && !FOREIGN.contains(key)
                    && !key.endsWith(REFERENCE_TARGET)
                    && FOREIGN_PREFIXES.stream().noneMatch(key::startsWith)) {
                problem(key, "is not a known key; known are " + String.join(", ", new TreeSet<>(read)));
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }
}
