package io.dstm.management.internal;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Many {@link KeyNumber numbers of keys} without objects. */
final class KeyNumbers {

    /** So many bits are sorted at a time; the places of their values fit the first cache of a processor. */
    private static final int DIGIT_BITS = 11;

    private static final int DIGITS = 1 << DIGIT_BITS;

    private long[] numbers = new long[1024];
    private int size;

    void add(long number) {
        if (size == numbers.length) {
            numbers = Arrays.copyOf(numbers, size + size / 2);
        }
        numbers[size++] = number;
    }

    int size() {
        return size;
    }

    /** The number at a place. */
    long get(int place) {
        return numbers[place];
    }

    /** Forgets all of them, and keeps the room for as many. */
    void clear() {
        size = 0;
    }

    /** How many are smaller, of sorted ones. */
    int below(long number) {
        int found = Arrays.binarySearch(numbers, 0, size, number);
        return found < 0 ? -found - 1 : found;
    }

    /**
     * Sorts them, the smallest first, and keeps one of those that are equal. By digits, and only by those in which they differ: a
     * million takes a fifth of the time that comparing takes.
     *
     * @param room to sort in; made if it is too small
     * @return what of room is not used any more
     */
    long[] sort(long[] room) {
        long differing = 0;
        for (int i = 1; i < size; i++) {
            differing |= numbers[i] ^ numbers[0];
        }
        long[] other = room.length < size ? new long[numbers.length] : room;
        while (differing != 0) {
            int shift = Long.numberOfTrailingZeros(differing);
            differing &= ~((DIGITS - 1L) << shift);
            sortBy(shift, other);
            long[] sorted = other;
            other = numbers;
            numbers = sorted;
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (i == 0 || numbers[i] != numbers[i - 1]) {
                numbers[kept++] = numbers[i];
            }
        }
        size = kept;
        return other;
    }

    /** Puts them into {@code other} in the order of one digit; equal digits stay in the order they are in. */
    private void sortBy(int shift, long[] other) {
        int[] places = new int[DIGITS + 1];
        for (int i = 0; i < size; i++) {
            places[digit(numbers[i], shift) + 1]++;
        }
        for (int digit = 0; digit < DIGITS; digit++) {
            places[digit + 1] += places[digit];
        }
        for (int i = 0; i < size; i++) {
            other[places[digit(numbers[i], shift)]++] = numbers[i];
        }
    }

    private static int digit(long number, int shift) {
        return (int) (number >>> shift) & DIGITS - 1;
    }

    /**
     * The number at a place of the sorted order. Sorts no more than it must.
     *
     * @param place which, from 0
     * @param from before here are only smaller numbers, from an earlier call
     */
    long nth(int place, int from) {
        SplittableRandom random = new SplittableRandom();
        int left = from;
        int right = size - 1;
        while (left < right) {
            long pivot = numbers[left + random.nextInt(right - left + 1)];
            int low = left;
            int high = right;
            while (low <= high) {
                while (numbers[low] < pivot) {
                    low++;
                }
                while (numbers[high] > pivot) {
                    high--;
                }
                if (low <= high) {
                    long moved = numbers[low];
                    numbers[low++] = numbers[high];
                    numbers[high--] = moved;
                }
            }
            if (place <= high) {
                right = high;
            } else if (place >= low) {
                left = low;
            } else {
                break;
            }
        }
        return numbers[place];
    }
}
