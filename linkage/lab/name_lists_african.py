"""Forenames and surnames of families from West, East and Central Africa, roughly by frequency in England.

Written from general knowledge, in the Latin spellings that parents use.
"""

from linkage.lab.name_origin import NameOrigin, entries

__all__ = ["AFRICAN"]

_SOMALI_GIRLS = entries("""
Fatima Aisha Hodan Ayan Amina Hibo Sahra Khadra Ifrah Hamdi Ikran Nasteho Fadumo Hawa Maryan Ubah Idil Sagal
Deqa Zamzam Sumaya Halimo Najma Nimco Faiza Rahma
""")
_SOMALI_BOYS = entries("""
Mohamed Abdi Ahmed Hassan Ali Yusuf Abdirahman Abdullahi Omar Ibrahim Ismail Mahad Liban Guled Bashir
Abdiaziz Khalid Farah Jama Warsame Mustafe Zakaria Salman Bile Dahir Nuur Abshir Roble Mukhtar
""")
_SOMALI_SURNAMES = entries("""
Ali Mohamed Hassan Ahmed Abdi Hussein Farah Omar Yusuf Ibrahim Osman Warsame Jama Nur Aden Abdullahi Adan
Abdulle Elmi Ismail Duale Muse Hersi Isse Samatar Mohamud Dirie Guled Hashi Sheikh Barre Gedi Haji Mire
Shire Weheliye
""")
_ERITREAN_GIRLS = entries("""
Selam Feven Winta Semhar Saba Helen Rahel Meron Luwam Yordanos Bethlehem Tsion Hiwet Senait Almaz Tigist
Freweini Mehret Eden Kisanet Natsnet Rim
""")
_ERITREAN_BOYS = entries("""
Filmon Yonas Samuel Dawit Abel Natnael Robel Henok Merhawi Kidane Yohannes Mikael Tesfay Biniam Amanuel Awet
Mehari Habtom Aman Isaias Teklit Mulugeta Bereket Dejen Kibrom Yared Simon
""")
_ERITREAN_SURNAMES = entries("""
Tesfay Gebremedhin Haile Tekle Kidane Weldemichael Ghebre Berhane Mehari Habte Gebreselassie Yohannes Araya
Negash Abraha Fessehaye Hagos Goitom Tewelde Woldu Mengistu Bekele Tadesse Kebede Alemu Girma Desta Asfaw
Mebrahtu Okbay Zerai Kahsay Hailu Estifanos Ogbai
""")
_NIGERIAN_GIRLS = entries("""
Temitope Oluwaseun Chioma Ngozi Adaeze Blessing Favour Esther Deborah Mercy Ayomide Titilayo Folake Abimbola
Simisola Ifeoma Chidinma Amarachi Oluchi Zainab Tolulope Damilola Funmilayo Omolara Yetunde Precious Peace
Joy Grace Testimony
""")
_NIGERIAN_BOYS = entries("""
Oluwaseun Emmanuel David Daniel Ayodeji Tobi Chukwuemeka Obinna Ikenna Samuel Michael Joshua Tunde Babatunde
Oluwatobi Damilare Kelechi Uchenna Chidi Emeka Femi Segun Kehinde Taiwo Ifeanyi Chinedu Musa Ibrahim Victor
Godwin Olamide Ayo
""")
_NIGERIAN_SURNAMES = entries("""
Okafor Adeyemi Ogunleye Okonkwo Eze Adebayo Balogun Ibrahim Obi Nwosu Okeke Afolabi Lawal Bello Musa Onyeka
Chukwu Williams Johnson Akinola Olatunji Ojo Okoro Uche Nnamdi Igwe Ogbonna Anyanwu Adewale Ajayi Alabi
Salami Yusuf Abiola Idowu Osagie Aigbokhan Omoregie Ehigie Etim Bassey Effiong
""")
_YORUBA_STEMS = entries("Ade Olu Ola Ogun Ayo Ife Oye Aki Akin Olo Oyin Owo Baba Abi Fa Odu")
_YORUBA_ENDINGS = entries("""
yemi bayo wale kunle tunde leke goke dele niyi sola tola mide femi yinka rinde biyi luyi toye sanya dare
""")
_GHANAIAN_GIRLS = entries("""
Akosua Adwoa Abena Akua Yaa Afia Ama Efua Esi Maame Nana Abigail Priscilla Gifty Comfort Patience Mavis
Linda Vida Josephine Emmanuella Nhyira Adjoa Araba
""")
_GHANAIAN_BOYS = entries("""
Kwame Kofi Kwaku Yaw Kwabena Kojo Kwasi Nana Emmanuel Samuel Isaac Ebenezer Bright Prince Papa Ekow Fiifi
Nii Kwadwo Michael Daniel Desmond Gideon Akwasi
""")
_GHANAIAN_SURNAMES = entries("""
Mensah Owusu Boateng Osei Asante Appiah Agyeman Addo Amoah Adjei Frimpong Acheampong Ofori Opoku Sarpong
Antwi Darko Kwarteng Asamoah Ansah Badu Annan Quaye Tetteh Lamptey Asiedu Yeboah Gyamfi Amponsah Bonsu
Danquah Nkrumah Ampofo Baah Donkor Nyarko Oppong Boakye Amankwah Obeng Baidoo Essien
""")
_CENTRAL_GIRLS = entries("""
Divine Gloria Ruth Rachel Esther Naomi Espérance Grâce Merveille Chance Tendai Rutendo Nyasha Tatenda Chipo
Ropafadzo Anesu Mwape Wanjiru Njeri Akinyi Nakato
""")
_CENTRAL_BOYS = entries("""
Christian Jonathan Exaucé Dieumerci Jérémie Josué Trésor Héritier Tinashe Tafadzwa Kudzai Takudzwa Tawanda
Munashe Farai Simba Kamau Otieno Mwangi Wasswa Kato Emmanuel
""")
_CENTRAL_SURNAMES = entries("""
Ilunga Kabongo Mbuyi Tshibangu Mukendi Kalala Mutombo Lukusa Ngoy Kabila Mbemba Makiese Lusamba Moyo Ncube
Sibanda Dube Ndlovu Mpofu Chikwanha Mutasa Chigumba Makoni Gumbo Banda Phiri Mwale Kamau Mwangi Njoroge
Odhiambo Ochieng Wanyama Mugisha Okello Ssempijja Nsubuga Muwanga Habimana Niyonzima Ntakirutimana
""")

AFRICAN = (
    NameOrigin(
        "somali", 0.022, 0.04, (("BAFR", 0.95), ("BOTH", 0.05)),
        _SOMALI_GIRLS, _SOMALI_BOYS, _SOMALI_SURNAMES, patronymic=0.45,
    ),
    NameOrigin(
        "eritrean", 0.006, 0.16, (("BAFR", 0.95), ("BOTH", 0.05)),
        _ERITREAN_GIRLS, _ERITREAN_BOYS, _ERITREAN_SURNAMES, patronymic=0.45, surname_first=True,
    ),
    NameOrigin(
        "nigerian", 0.028, 0.0, (("BAFR", 0.88), ("MWBA", 0.12)),
        _NIGERIAN_GIRLS, _NIGERIAN_BOYS, _NIGERIAN_SURNAMES,
        stems=_YORUBA_STEMS, endings=_YORUBA_ENDINGS, tail=0.40,
    ),
    NameOrigin(
        "ghanaian", 0.014, 0.0, (("BAFR", 0.88), ("MWBA", 0.12)),
        _GHANAIAN_GIRLS, _GHANAIAN_BOYS, _GHANAIAN_SURNAMES,
    ),
    NameOrigin(
        "central-african", 0.012, 0.0, (("BAFR", 0.92), ("BOTH", 0.08)),
        _CENTRAL_GIRLS, _CENTRAL_BOYS, _CENTRAL_SURNAMES,
    ),
)  # fmt: skip
