"""Short reviews, good and bad, written for the classifier of these tests: some to learn from, others held out."""

GOOD = """
A warm and funny film that I would gladly watch again.
The soup was delicious and the waiter could not have been kinder.
This phone is fast, the screen is bright, and the battery lasts two days.
We loved our room: quiet, clean and with a lovely view of the harbour.
The best book I have read this year, clever from start to end.
Great service, they repaired my bicycle within an hour and charged almost nothing.
Wonderful acting and beautiful music made this evening unforgettable.
The headphones sound amazing and sit comfortably for hours.
Our guide was excellent, full of stories and always patient.
Fresh bread, friendly people, fair prices: my favourite bakery.
The course was clear and inspiring, and I learned a great deal.
A brilliant performance by the whole orchestra.
Delivery came a day early and everything was perfectly packed.
This vacuum cleaner is light, quiet and does a superb job.
The hotel staff went out of their way to help us, simply fantastic.
I am very happy with these shoes, they fit perfectly.
An exciting game with gorgeous graphics, I cannot stop playing.
The garden is charming and the coffee excellent.
Highly recommended, the doctor listened carefully and explained everything well.
What a delightful little theatre, we laughed all night.
The update made the program faster and much easier to use, well done.
Superb quality for the price, I bought a second one for my mother.
The fish was perfectly cooked and the dessert was heavenly.
A moving story, wonderfully told, with characters you come to love.
""".strip().splitlines()

BAD = """
A dull and endless film, I nearly fell asleep twice.
The soup was cold and the waiter was rude to us.
This phone is slow, the screen scratches easily, and the battery dies by noon.
Our room was noisy, dirty and smelled of smoke.
The worst book I have read this year, a complete waste of time.
Terrible service, they broke my bicycle and refused to pay for it.
Awful acting and a boring plot ruined the evening.
The headphones sound tinny and hurt after ten minutes.
Our guide was impatient, badly prepared and late.
Stale bread, grumpy people, shameless prices: never again.
The course was confusing and I learned nothing at all.
A disappointing performance, half of the players were out of tune.
Delivery came two weeks late and the box was crushed.
This vacuum cleaner is heavy, loud and leaves half of the dust behind.
The hotel staff ignored our complaints, a horrible stay.
I am very unhappy with these shoes, they fell apart within a week.
A broken game full of bugs, it crashes every few minutes.
The garden is neglected and the coffee tastes burnt.
Not recommended, the doctor did not listen and rushed us out.
What a miserable theatre, uncomfortable seats and a dreadful play.
The update made the program slower and deleted my files, shameful.
Cheap quality, it stopped working on the second day.
The fish was raw inside and the dessert was disgusting.
A tedious story, poorly told, with characters nobody could care about.
""".strip().splitlines()

HELD_OUT = (
    ("I enjoyed every minute of this concert.", "GOOD"),
    ("The pizza was fantastic, crisp and full of flavour.", "GOOD"),
    ("My new laptop is wonderful, quick and silent.", "GOOD"),
    ("Such a cosy and spotless apartment, we will come back.", "GOOD"),
    ("A gripping novel that I could not put down.", "GOOD"),
    ("The mechanic was honest and did excellent work.", "GOOD"),
    ("Stunning pictures and a clever script, a joy to see.", "GOOD"),
    ("These speakers are worth every penny, the sound is superb.", "GOOD"),
    ("The museum tour was fascinating and our children loved it.", "GOOD"),
    ("Lovely shop with helpful staff and a great choice of tea.", "GOOD"),
    ("The teacher is brilliant, every lesson is a pleasure.", "GOOD"),
    ("The singer was magnificent and the crowd adored her.", "GOOD"),
    ("Arrived quickly, works perfectly, very pleased.", "GOOD"),
    ("The washing machine is quiet and gets everything clean, I love it.", "GOOD"),
    ("Breakfast was generous and delicious, and the view was breathtaking.", "GOOD"),
    ("This jacket is warm, light and looks great.", "GOOD"),
    ("A fun and beautiful puzzle game for the whole family.", "GOOD"),
    ("The nurse was gentle and kind, I felt in good hands.", "GOOD"),
    ("An outstanding restaurant, the best evening of our holiday.", "GOOD"),
    ("The new version is a great improvement, thank you.", "GOOD"),
    ("I hated every minute of this concert.", "BAD"),
    ("The pizza was soggy, greasy and without any taste.", "BAD"),
    ("My new laptop is a disaster, it overheats and freezes.", "BAD"),
    ("Such a filthy and freezing apartment, we left the next morning.", "BAD"),
    ("A boring novel that I gave up after fifty pages.", "BAD"),
    ("The mechanic lied to me and did sloppy work.", "BAD"),
    ("Ugly pictures and a stupid script, a pain to sit through.", "BAD"),
    ("These speakers are a waste of money, the sound is awful.", "BAD"),
    ("The museum tour was tedious and our children were bored to tears.", "BAD"),
    ("Horrible shop with unfriendly staff, I will not return.", "BAD"),
    ("The teacher is hopeless, every lesson is torture.", "BAD"),
    ("The singer was terrible and people walked out.", "BAD"),
    ("Arrived broken, and nobody answers my letters, very disappointed.", "BAD"),
    ("The washing machine is loud and leaves stains, I regret buying it.", "BAD"),
    ("Breakfast was poor and cold, and the window faced a wall.", "BAD"),
    ("This jacket is thin, badly sewn and tore at once.", "BAD"),
    ("A frustrating and ugly game, do not waste your time.", "BAD"),
    ("The nurse was rough and unkind, a dreadful experience.", "BAD"),
    ("A miserable restaurant, the worst evening of our holiday.", "BAD"),
    ("The new version is useless, nothing works any more.", "BAD"),
)
